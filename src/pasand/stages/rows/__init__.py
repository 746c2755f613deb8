"""Row makers propose themed lists with their evidence."""
