namespace OrleansTasks.Silo.Endpoint;

internal sealed partial class WorkerCalls
{
    [LoggerMessage(EventId = 4391, Level = LogLevel.Error, Message = "The call {Method} failed.")]
    private partial void CallFailed(Exception failure, string method);
}
