namespace OrleansTasks;

/// <summary>
/// Extension methods with which grains call other grains and observers and ignore a failed call: the failure is neither
/// logged nor counted. Use them only where something else makes up for a lost call, such as the next heartbeat, the end
/// of a lease, or the receiver's next read.
/// </summary>
internal static class FireAndForgetExtensions
{
    /// <summary>
    /// Does not wait for the call, and ignores its failure. A call that throws before it returns a task never gets
    /// here: its caller gets the exception, and can remove an observer that cannot be called.
    /// </summary>
    public static void FireAndForget(this Task call)
    {
        // A call that has already succeeded needs no async method.
        if (!call.IsCompletedSuccessfully)
            _ = AwaitIgnoringFailure(call);
    }

    /// <summary>
    /// Returns a task that completes when the call ends and never fails, for a step that must follow the call whether
    /// it succeeds or not.
    /// </summary>
    public static Task IgnoreFailure(this Task call) => call.IsCompletedSuccessfully ? call : AwaitIgnoringFailure(call);

    /// <summary>
    /// Waits for the call, but no longer than <paramref name="longest"/>: after that, the call continues and its
    /// failure is ignored. Throws an earlier failure.
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
            // The call may have ended at this moment, or with a timeout of its own.
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
            // Something else makes up for the lost call, as the type's summary requires.
        }
    }
}
