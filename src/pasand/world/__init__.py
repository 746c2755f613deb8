"""The built-in world: an invented streaming service, its pictures and its members.

It exists so that the engine can be shown and measured where there is no data. Nothing here is
read by the engine's thinking: true tastes and true quality are known to the world alone.
"""
