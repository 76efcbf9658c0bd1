namespace OrleansTasks.Simulation.Engine;

/// <summary>Names of turn queues and turns that are the same in every run.</summary>
internal static class StepText
{
    private static readonly ulong Continuation = StableHash.Of("continuation");
    private static readonly ulong Delivery = StableHash.Of("delivery");
    private static readonly ulong Timer = StableHash.Of("timer");
    private static readonly ulong Other = StableHash.Of("turn");

    internal static string NameOf(object owner) => owner switch
    {
        Activation activation => $"{activation.Host.Name}:{activation.GrainId}#{activation.Number}",
        StreamPump pump => $"pump:{pump.Key.Stream}>{pump.Key.Subscriber}",
        ObserverTarget observer => observer.Id.ToString(),
        SimProcess process => process.Name,
        _ => owner.GetType().Name,
    };

    internal static ulong HashOf(object? item) => item switch
    {
        Call call => call.Shape.StableId,
        Task => Continuation,
        StreamDelivery => Delivery,
        GrainTimer => Timer,
        _ => Other,
    };

    internal static string Of(object? item) => item switch
    {
        Call call => call.Shape.ToString(),
        Task => "continuation",
        null => "nothing",
        _ => item.GetType().Name,
    };
}
