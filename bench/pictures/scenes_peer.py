"""What PySceneDetect finds in films: run by the interpreter that has it; prints JSON."""

from __future__ import annotations

import json
import sys
import time

from scenedetect import AdaptiveDetector, ContentDetector, SceneManager, open_video


def main(paths: list[str]) -> None:
    """Print, by detector and film, the cuts, frames and processor seconds."""
    told: dict[str, dict[str, object]] = {}
    for name, make in (("content", ContentDetector), ("adaptive", AdaptiveDetector)):
        for path in paths:
            started, manager = time.process_time(), SceneManager()
            manager.add_detector(make())
            frames = manager.detect_scenes(open_video(path))
            cuts = [scene[0].frame_num for scene in manager.get_scene_list()][1:]
            seconds = time.process_time() - started
            told.setdefault(name, {})[path] = {"cuts": cuts, "frames": frames, "seconds": seconds}
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
