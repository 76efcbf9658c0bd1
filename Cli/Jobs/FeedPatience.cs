using System.Globalization;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;

namespace OrleansTasks.Cli.Jobs;

/// <summary>
/// Repeats a call that feeds a job for as long as a service may need for a restart, an upgrade or a fail-over, and says
/// on stderr that it waits. The call must be safe to repeat.
/// </summary>
/// <param name="errors">Receives the messages.</param>
/// <param name="time">The clock.</param>
/// <param name="accepted">Returns how many items are accepted so far.</param>
internal sealed class FeedPatience(TextWriter errors, TimeProvider time, Func<long> accepted)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    // A shorter wait is not worth a message; a longer one gets one now and then.
    private static readonly TimeSpan QuietTime = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan MessageInterval = TimeSpan.FromMinutes(1);

    /// <summary>Repeats the call until it succeeds or is refused.</summary>
    /// <exception cref="OutOfReachException">It failed for ten minutes in which no item was accepted.</exception>
    public async Task<JsonNode> Repeat(Func<Task<JsonNode>> call, CancellationToken cancellation)
    {
        long? failedAt = null;
        var known = accepted();
        var (pause, nextMessage) = (FirstPause, QuietTime);
        while (true)
        {
            try
            {
                return await call();
            }
            catch (Exception failure) when (IsPassing(failure))
            {
                if (failedAt is null || accepted() > known)
                    (failedAt, known, pause, nextMessage) = (time.GetTimestamp(), accepted(), FirstPause, QuietTime);
                var waited = time.GetElapsedTime(failedAt.Value);
                if (waited >= Limit)
                    throw new OutOfReachException(
                        $"no item was taken for {Limit.TotalMinutes:0} minutes: {failure.Message}", failure);
                if (waited >= nextMessage)
                {
                    errors.WriteLine(string.Create(
                        CultureInfo.InvariantCulture,
                        $"otask: waiting for the gateway, {accepted()} items accepted so far: {failure.Message}"));
                    nextMessage = waited + MessageInterval;
                }
            }

            await Task.Delay(pause, time, cancellation);
            pause = pause < LongestPause / 2 ? 2 * pause : LongestPause;
        }
    }

    private static bool IsPassing(Exception failure) =>
        Patience.IsPassing(failure) || failure is RefusedException { Status: 408 or 429 or >= 500 };
}
