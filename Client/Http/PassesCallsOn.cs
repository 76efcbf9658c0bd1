namespace OrleansTasks.Client.Http;

/// <summary>
/// Endpoint metadata: it changes nothing itself, it only passes calls on (<see cref="OwnCalls"/>), and each of those is
/// guarded on its own.
/// </summary>
public sealed class PassesCallsOn
{
    private PassesCallsOn() { }

    /// <summary>The only one.</summary>
    public static PassesCallsOn Instance { get; } = new();
}
