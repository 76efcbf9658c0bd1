namespace OrleansTasks;

/// <summary>
/// Extension methods by which grains call other grains and observers and ignore a failure of the call: the failure is
/// neither logged nor counted. Use them only where something else makes up for a lost call, such as the next heartbeat,
/// the end of a lease, or the receiver's next read.
/// </summary>
internal static class FireAndForgetExtensions
{
    /// <summary>
    /// Does not wait for the call, and ignores its failure. A call that throws instead of returning a task never comes
    /// here: the caller gets the exception, and can remove an observer to which no call can be sent.
    /// </summary>
    public static void FireAndForget(this Task call)
    {
        // Saves the async method for a call that has succeeded already.
        if (!call.IsCompletedSuccessfully)
            _ = AwaitIgnoringFailure(call);
    }

    /// <summary>
    /// Returns a task that completes when the call ends, and never fails. For a step that must come after the call,
    /// whether the call succeeds or not.
    /// </summary>
    public static Task IgnoreFailure(this Task call) => call.IsCompletedSuccessfully ? call : AwaitIgnoringFailure(call);

    /// <summary>
    /// Waits for the call, but no longer than <paramref name="longest"/>; it then goes on, and its failure is ignored.
    /// A failure before that is thrown.
    /// </summary>
    public static async Task Within(this Task call, TimeSpan longest, TimeProvider time)
    {
        if (call.IsCompletedSuccessfully)
            return;
        try
        {
            await call.WaitAsync(longest, time);
        }
        catch (TimeoutException)
        {
            // It may have ended in this moment, or with a timeout of its own.
            if (call.IsCompleted)
                await call;
            else
                call.FireAndForget();
        }
    }

    private static async Task AwaitIgnoringFailure(Task call)
    {
        try
        {
            await call;
        }
        catch (Exception)
        {
            // Something else makes up for the lost call, as the type's summary demands.
        }
    }
}
