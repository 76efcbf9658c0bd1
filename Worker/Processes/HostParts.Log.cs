using Microsoft.Extensions.Logging;

namespace OrleansTasks.Worker.Processes;

internal sealed partial class HostParts
{
    [LoggerMessage(EventId = 3451, Level = LogLevel.Warning,
        Message = "Could not remove the working folder {Folder}: {Reason}. The worker tries again at its next start.")]
    internal partial void FolderLeft(string folder, string reason);

    [LoggerMessage(EventId = 3402, Level = LogLevel.Warning,
        Message = "Not permitted to kill process {Process}, which an attempt left behind; it probably changed its user.")]
    internal partial void ProcessLeft(int process);

    [LoggerMessage(EventId = 3403, Level = LogLevel.Warning,
        Message = "Not using the number {User} of --run-as-range for now: {Reason}.")]
    internal partial void UserSetAside(uint user, string reason);

    [LoggerMessage(EventId = 3405, Level = LogLevel.Warning,
        Message = "Not using the number {User} of --run-as-range for now: a process that no command left behind runs as it.")]
    private static partial void FoundTaken(ILogger logger, uint user);

    [LoggerMessage(EventId = 3406, Level = LogLevel.Information,
        Message = "This worker cannot build sandboxes, so it receives no tasks that need one: {Reason}. "
            + "docs/isolation.md lists what a worker needs.")]
    internal partial void NoSandbox(string reason);

    [LoggerMessage(EventId = 3409, Level = LogLevel.Information,
        Message = "This worker's sandboxes cannot reach listed hosts, so it receives no tasks that need that: "
            + "{Reason}.")]
    internal partial void NoForwarding(string reason);

    [LoggerMessage(EventId = 3407, Level = LogLevel.Information,
        Message = "This worker cannot run containers, so it receives no tasks that need one: {Reason}. "
            + "docs/isolation.md lists what a worker needs.")]
    internal partial void NoContainers(string reason);

    [LoggerMessage(EventId = 3408, Level = LogLevel.Warning,
        Message = "Could not remove the container {Container}. The worker tries again at its next start.")]
    internal partial void ContainerLeft(Exception failure, string container);

    [LoggerMessage(EventId = 3410, Level = LogLevel.Warning,
        Message = "Could not ask how the container {Container} ended.")]
    internal partial void ContainerUnasked(Exception failure, string container);

    [LoggerMessage(EventId = 3404, Level = LogLevel.Error,
        Message = "Returned a command to its queue, and will return others: {Reason}. Use a larger range, or restart "
            + "the worker once the leftover processes are gone.")]
    internal partial void UsersShort(string reason);
}
