using System.Globalization;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Files;

/// <summary>
/// A line on a terminal's standard error that says how far a transfer is. It appears after a second, and goes when the
/// transfer has ended. Several threads may transfer at once.
/// </summary>
/// <param name="errors">Receives the line; null to show none.</param>
/// <param name="what">What the transfer does, such as <c>sending</c>.</param>
/// <param name="time">The clock.</param>
internal sealed class TransferBar(TextWriter? errors, string what, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(200);

    private readonly Lock gate = new();
    private readonly long began = time.GetTimestamp();
    private long? drawn;
    private long done;
    private long total;

    /// <summary>Creates a bar that shows itself only if standard error is a terminal.</summary>
    public static TransferBar On(TextWriter errors, string what, bool isQuiet = false) =>
        new(isQuiet || Console.IsErrorRedirected ? null : errors, what, TimeProvider.System);

    /// <summary>Adds bytes to those that are to be transferred.</summary>
    public void Expect(long bytes)
    {
        lock (gate)
            total += bytes;
    }

    /// <summary>Adds bytes to those that have been transferred.</summary>
    public void Add(long bytes)
    {
        lock (gate)
        {
            done += bytes;
            if (errors is null || time.GetElapsedTime(drawn ?? began) < (drawn is null ? Patience : Period))
                return;
            drawn = time.GetTimestamp();
            errors.Write($"\r{LineOf(what, done, total, time.GetElapsedTime(began))}\u001b[K");
        }
    }

    /// <summary>Removes the line.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            if (drawn is not null)
                errors!.Write("\r\u001b[K");
            drawn = null;
        }
    }

    /// <summary>Returns the line. A total of 0 is not known.</summary>
    internal static string LineOf(string what, long done, long total, TimeSpan elapsed)
    {
        var rate = done / Math.Max(elapsed.TotalSeconds, 0.001);
        var pace = $"{Text((long)rate)}/s";
        if (total <= 0)
            return $"otask: {what} {Text(done)}, {pace}";
        var left = TimeSpan.FromSeconds(rate < 1 ? 0 : Math.Max(0, total - done) / rate);
        var percent = 100.0 * Math.Min(done, total) / total;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"otask: {what} {Text(done)} of {Text(total)}, {percent:0}%, {pace}, {left:h\\:mm\\:ss} left");
    }

    private static string Text(long bytes) => JsonText.Bytes(bytes.ToString(CultureInfo.InvariantCulture));
}
