using System.Net;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace OrleansTasks.ApiClient.Transport;

/// <summary>
/// Reads a stream of server-sent events. If the stream breaks, opens it again after the last event, so the reader sees
/// no gap.
/// </summary>
/// <param name="gateway">The gateway.</param>
/// <param name="path">The stream's path.</param>
/// <param name="after">The id of the event to begin after; null to begin anywhere.</param>
internal sealed class EventReader(Gateway gateway, string path, string? after)
{
    private static readonly TimeSpan PauseAfterEnd = TimeSpan.FromMilliseconds(250);

    // The longest pause between tries. A stream that stays open longer resets the count of breaks.
    private static readonly TimeSpan Lasting = TimeSpan.FromSeconds(5);

    private string? last = after;
    private int breaks;
    private long opened;

    /// <summary>
    /// Returns the events until the caller stops. Throws after too many breaks in a row. An event resets the count of
    /// breaks, and so does a stream that stays open for a while without one.
    /// </summary>
    internal async IAsyncEnumerable<SseItem<string>> ReadAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        while (true)
        {
            var stream = await OpenAsync(cancellation).ConfigureAwait(false);
            opened = gateway.Time.GetTimestamp();
            await using (stream.ConfigureAwait(false))
            {
                var events = SseParser.Create(stream).EnumerateAsync(cancellation).GetAsyncEnumerator(cancellation);
                await using (events.ConfigureAwait(false))
                {
                    var next = await NextAsync(events).ConfigureAwait(false);
                    // A stream of changes names its position before its first event.
                    last = stream.Start ?? last;
                    for (; next is { } item; next = await NextAsync(events).ConfigureAwait(false))
                    {
                        breaks = 0;
                        // SseParser.LastEventId may belong to an event that the break has cut off.
                        last = item.EventId is { Length: > 0 } id ? id : last;
                        yield return item;
                    }
                }
            }
        }
    }

    private async Task<EventBytes> OpenAsync(CancellationToken cancellation)
    {
        while (true)
        {
            // The stream has broken off at least once.
            if (breaks > 0)
                await gateway.PauseAsync(breaks, breaks == 1 ? PauseAfterEnd : null, cancellation).ConfigureAwait(false);
            try
            {
                return await gateway.OpenEventsAsync(path, last, cancellation).ConfigureAwait(false);
            }
            catch (Exception failure) when (Gateway.IsPassing(failure))
            {
                Bear(failure);
            }
        }
    }

    /// <summary>Returns the next event; null once the stream has ended or broken.</summary>
    private async ValueTask<SseItem<string>?> NextAsync(IAsyncEnumerator<SseItem<string>> events)
    {
        try
        {
            if (await events.MoveNextAsync().ConfigureAwait(false))
                return events.Current;
            BearEnd(new HttpRequestException(
                HttpRequestError.ResponseEnded, $"{path} ends the stream again and again.", null, HttpStatusCode.OK));
        }
        catch (Exception failure) when (Gateway.IsPassing(failure))
        {
            BearEnd(failure);
        }

        return null;
    }

    private void BearEnd(Exception failure)
    {
        if (gateway.Time.GetElapsedTime(opened) > Lasting)
            breaks = 0;
        Bear(failure);
    }

    private void Bear(Exception failure)
    {
        if (breaks++ >= gateway.MaxRetries)
            ExceptionDispatchInfo.Throw(failure);
    }
}
