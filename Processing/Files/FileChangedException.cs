namespace OrleansTasks.Processing.Files;

/// <summary>A job's file has changed since the job began.</summary>
public sealed class FileChangedException() : Exception(
    "The file was changed or replaced while the job read it. Submit the job again when no process writes to the file.");
