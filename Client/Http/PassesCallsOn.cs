namespace OrleansTasks.Client.Http;

/// <summary>
/// Endpoint metadata: the endpoint changes nothing itself. It only makes calls (<see cref="OwnCalls"/>), each of which
/// is checked on its own.
/// </summary>
public sealed class PassesCallsOn
{
    private PassesCallsOn() { }

    /// <summary>The only instance.</summary>
    public static PassesCallsOn Instance { get; } = new();
}
