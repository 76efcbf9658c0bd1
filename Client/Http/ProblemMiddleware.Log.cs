namespace OrleansTasks.Client.Http;

public sealed partial class ProblemMiddleware
{
    [LoggerMessage(EventId = 3001, Level = LogLevel.Error, Message = "{Method} {Endpoint} failed, trace {Trace}.")]
    private partial void LogFailed(string method, string? endpoint, string trace, Exception fault);

    [LoggerMessage(EventId = 3002, Level = LogLevel.Warning, Message = "Answered a request with store-unavailable: {Reason}")]
    private partial void LogStore(string reason);
}
