using OrleansTasks.Cli.Streams;

namespace OrleansTasks.Cli.Api;

/// <summary>Prints what was submitted.</summary>
internal static class Announcement
{
    /// <summary>
    /// Prints the id of what was submitted. If it cannot be printed, cancels what was submitted: nobody knows its id, and
    /// a script that tries again would run it twice. With an idempotency key, trying again is safe, and an earlier command
    /// may have submitted it; then it stays.
    /// </summary>
    /// <param name="output">Receives the text.</param>
    /// <param name="text">The id, or the whole answer.</param>
    /// <param name="gateway">The gateway.</param>
    /// <param name="path">The path of what was submitted.</param>
    /// <param name="idempotencyKey">The idempotency key; null if there is none.</param>
    public static async Task Print(TextWriter output, string text, Gateway gateway, string path, string? idempotencyKey)
    {
        try
        {
            output.WriteLine(text);
        }
        catch (OutputLostException lost) when (idempotencyKey is null)
        {
            throw lost.With(await Cancel(gateway, path));
        }
        catch (OutputLostException lost)
        {
            throw lost.With($"{path} was submitted; repeat the command with the same idempotency key to see its id");
        }
    }

    private static async Task<string> Cancel(Gateway gateway, string path)
    {
        try
        {
            await gateway.Post($"{path}/cancel", null, null, CancellationToken.None);
            return $"{path} was submitted and cancelled again";
        }
        catch (Exception failure) when (failure is RefusedException || Patience.IsPassing(failure))
        {
            return $"{path} was submitted and could not be cancelled: {failure.Message}";
        }
    }
}
