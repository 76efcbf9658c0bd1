namespace OrleansTasks.Silo.Engine;

internal sealed partial class OrleansLink
{
    [LoggerMessage(EventId = 4501, Level = LogLevel.Information, Message = "A silo answers at {Silos}.")]
    private partial void Found(string silos);

    [LoggerMessage(EventId = 4502, Level = LogLevel.Warning,
        Message = "The silos at {Silos} cannot be reached any more; callers get 503 until one answers.")]
    private partial void Lost(string silos);

    [LoggerMessage(EventId = 4504, Level = LogLevel.Warning,
        Message = "A silo cannot be reached any more; {Left} others can. Calls under way are sent again.")]
    private partial void OneLost(int left);
}
