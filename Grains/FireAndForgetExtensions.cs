namespace OrleansTasks;

/// <summary>
/// Extension methods for calls to grains and observers whose failure the caller ignores: it is neither logged nor
/// counted. Use them only where something else makes up for a lost call, such as the next heartbeat, the end of a
/// lease, or the receiver's next read.
/// </summary>
internal static class FireAndForgetExtensions
{
    /// <summary>
    /// Does not wait for the call, and ignores its failure. An exception that is thrown before the call returns a task
    /// reaches the caller: an observer that can no longer be called is noticed by it.
    /// </summary>
    public static void FireAndForget(this Task call)
    {
        // A call that has succeeded already needs no state machine.
        if (!call.IsCompletedSuccessfully)
            _ = AwaitIgnoringFailure(call);
    }

    /// <summary>
    /// Returns a task that completes when the call ends, and never fails. For a step that must come after the call,
    /// whether the call succeeds or not.
    /// </summary>
    public static Task IgnoreFailure(this Task call) => call.IsCompletedSuccessfully ? call : AwaitIgnoringFailure(call);

    private static async Task AwaitIgnoringFailure(Task call)
    {
        try
        {
            await call;
        }
        catch (Exception)
        {
            // The type's summary says why.
        }
    }
}
