using Microsoft.Extensions.Logging;

namespace OrleansTasks.Worker.Agent;

internal sealed partial class SessionKeeper
{
    [LoggerMessage(EventId = 3501, Level = LogLevel.Information, Message = "Node {Node} opened session {Session}.")]
    private partial void SessionOpened(string node, long session);

    [LoggerMessage(EventId = 3502, Level = LogLevel.Warning, Message = "Session {Session} has ended; registering again.")]
    private partial void SessionOver(long session);

    [LoggerMessage(EventId = 3503, Level = LogLevel.Warning,
        Message = "The name {Node} is in use by another worker; waiting until it is free.")]
    private partial void NameTaken(string node);

    [LoggerMessage(EventId = 3509, Level = LogLevel.Information,
        Message = "Another worker had the name {Node}. This one takes it if the other is not heard from within {Seconds} s.")]
    private partial void NameUnknown(string node, long seconds);

    [LoggerMessage(EventId = 3504, Message = "Could not reach the master (session {Session}); trying again: {Reason}")]
    private partial void ReportFailed(LogLevel level, Exception? fault, string reason, long session);

    [LoggerMessage(EventId = 3505, Level = LogLevel.Information, Message = "The worker's certificate was renewed.")]
    private partial void CertificateRenewed();

    [LoggerMessage(EventId = 3506, Level = LogLevel.Warning,
        Message = "Could not renew the worker's certificate; trying again.")]
    private partial void CertificateNotRenewed(Exception failure);

    [LoggerMessage(EventId = 3507, Level = LogLevel.Warning, Message = "Could not write the session's number to the data folder.")]
    private partial void SessionNotNoted(Exception failure);

    [LoggerMessage(EventId = 3508, Level = LogLevel.Warning,
        Message = "Sessions of node {Node} keep ending: another worker may use a copy of this data folder, with the same name "
            + "and the same file 'instance'. Stop that worker, or delete 'instance' from its folder and give it another name.")]
    private partial void NodeShared(string node);
}
