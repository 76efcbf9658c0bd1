using OrleansTasks.Cli.Streams;

namespace OrleansTasks.Cli.Api;

/// <summary>Prints what was submitted.</summary>
internal static class CreatedNotice
{
    /// <summary>
    /// Prints the id of what was submitted. If it cannot be printed, cancels what was submitted: nobody knows its id, and
    /// a script that tries again would run it twice. With an idempotency key, trying again is safe, and an earlier command
    /// may have submitted it; then it stays.
    /// </summary>
    /// <param name="output">Receives the text.</param>
    /// <param name="text">The id, or the whole answer.</param>
    /// <param name="gateway">The gateway.</param>
    /// <param name="what">What was submitted, for messages: <c>task ID</c>.</param>
    /// <param name="cancelPath">The path of the call that cancels it.</param>
    /// <param name="idempotencyKey">The idempotency key; null if there is none.</param>
    public static async Task Print(
        TextWriter output, string text, Gateway gateway, string what, string cancelPath, string? idempotencyKey)
    {
        try
        {
            output.WriteLine(text);
        }
        catch (OutputLostException lost) when (idempotencyKey is null)
        {
            throw lost.With(await Cancel(gateway, what, cancelPath));
        }
        catch (OutputLostException lost)
        {
            throw lost.With($"the {what} was submitted");
        }
    }

    private static async Task<string> Cancel(Gateway gateway, string what, string path)
    {
        try
        {
            await gateway.Post(path, null, null, CancellationToken.None);
            return $"the {what} was submitted and cancelled again";
        }
        catch (Exception failure) when (failure is RefusedException || Patience.IsPassing(failure))
        {
            return $"the {what} was submitted and could not be cancelled: {failure.Message}";
        }
    }
}
