namespace OrleansTasks.Nodes;

/// <summary>Lets hints go: calls whose loss the next heartbeat makes up for.</summary>
internal static class HintExtensions
{
    /// <summary>Goes on without the call's outcome; a failure is observed and dropped.</summary>
    public static void LetGo(this Task hint)
    {
        if (!hint.IsCompletedSuccessfully)
            _ = Observe(hint);
    }

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
