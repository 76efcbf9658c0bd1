namespace OrleansTasks.Cluster.Link;

internal sealed partial class OrleansLink
{
    [LoggerMessage(EventId = 4501, Level = LogLevel.Information, Message = "A silo answers at {Silos}.")]
    private partial void Found(string silos);

    [LoggerMessage(EventId = 4502, Level = LogLevel.Warning,
        Message = "The silos at {Silos} are no longer reachable; callers get 503 until one answers.")]
    private partial void Lost(string silos);

    [LoggerMessage(EventId = 4504, Level = LogLevel.Warning,
        Message = "A silo is no longer reachable; {Left} others are. Pending calls are sent again.")]
    private partial void OneLost(int left);
}
