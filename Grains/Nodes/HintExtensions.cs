namespace OrleansTasks.Nodes;

/// <summary>For calls that are hints: their failure is dropped, and the next heartbeat makes up for a lost one.</summary>
internal static class HintExtensions
{
    /// <summary>Does not wait for the call; drops its failure. A call that throws before it returns a task still throws.</summary>
    public static void LetGo(this Task hint)
    {
        if (!hint.IsCompletedSuccessfully)
            _ = Observe(hint);
    }

    /// <summary>Waits for the call; drops its failure.</summary>
    public static Task Settled(this Task hint) => hint.IsCompletedSuccessfully ? hint : Observe(hint);

    private static async Task Observe(Task hint)
    {
        try
        {
            await hint;
        }
        catch (Exception)
        {
            // A lost hint costs at most one heartbeat.
        }
    }
}
