"""The messages of each language, one file each; what a file lacks is said in English."""
