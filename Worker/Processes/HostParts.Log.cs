using Microsoft.Extensions.Logging;

namespace OrleansTasks.Worker.Processes;

internal sealed partial class HostParts
{
    [LoggerMessage(EventId = 3451, Level = LogLevel.Warning,
        Message = "The working folder {Folder} could not be removed: {Reason}. The next start tries again.")]
    internal partial void FolderLeft(string folder, string reason);

    [LoggerMessage(EventId = 3402, Level = LogLevel.Warning,
        Message = "Process {Process}, left behind by an attempt, may not be killed; it probably changed its user.")]
    internal partial void ProcessLeft(int process);

    [LoggerMessage(EventId = 3403, Level = LogLevel.Warning,
        Message = "The number {User} of --run-as-range is given to no command for now: {Reason}.")]
    internal partial void UserSetAside(uint user, string reason);

    [LoggerMessage(EventId = 3405, Level = LogLevel.Warning,
        Message = "The number {User} of --run-as-range is given to no command for now: a process that no command has left has it.")]
    private static partial void FoundTaken(ILogger logger, uint user);

    [LoggerMessage(EventId = 3404, Level = LogLevel.Error,
        Message = "A command was put back, and others will be: {Reason}. A larger range helps, or a restart when what was left is gone.")]
    internal partial void UsersShort(string reason);
}
