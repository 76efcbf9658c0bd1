namespace OrleansTasks.Silo.Upkeep;

internal sealed partial class FileUpkeep
{
    [LoggerMessage(EventId = 4431, Level = LogLevel.Warning, Message = "Could not remove files that nothing names; trying again later.")]
    private partial void RoundFailed(Exception failure);

    [LoggerMessage(EventId = 4432, Level = LogLevel.Debug, Message = "Removed {Files} files that nothing named.")]
    private partial void FilesRemoved(int files);

    [LoggerMessage(EventId = 4433, Level = LogLevel.Information,
        Message = "Removed the artifacts of {Tasks} tasks, which had {Bytes} bytes, because the files exceed "
            + "--retention-files.")]
    private partial void ArtifactsExpired(int tasks, long bytes);
}
