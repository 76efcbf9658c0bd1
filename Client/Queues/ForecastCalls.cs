using System.Text.Json;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Jobs;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Nodes;
using OrleansTasks.Processing.Text;
using OrleansTasks.Queues;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Queues;

/// <summary>Shows what passed through a queue lately, and when its waiting tasks will be gone.</summary>
/// <param name="grains">The queues and nodes.</param>
/// <param name="time">The clock.</param>
public sealed class ForecastCalls(GatewayGrains grains, TimeProvider time)
{
    private const int Digits = 6;
    private static readonly JsonEncodedText Since = JsonEncodedText.Encode("since");
    private static readonly JsonEncodedText EmptyAt = JsonEncodedText.Encode("emptyAt");

    /// <summary>Returns a queue's forecast.</summary>
    internal async Task Get(HttpContext context)
    {
        if (await Find(QueueCalls.NameIn(context)) is not { } forecast)
            throw QueueCalls.NoQueue();
        var json = JsonAnswer.Rent();
        Write(json.Writer, forecast);
        await json.Send(context.Response);
    }

    // A queue that has no task yet has no dispatcher, and asking for a forecast must not make one.
    private async Task<QueueForecast?> Find(string name)
    {
        if (!SpecRules.IsQueueName(name))
            return null;
        if ((await grains.Queues.List()).Any(queue => queue.Queue == name))
            return await grains.Dispatcher(name).Forecast();
        if (await QueueVersions.Of(grains.Queues, name) == 0)
            return null;
        var slots = (await grains.Fleet.List()).Sum(static node => node.State is NodeState.Ready or NodeState.Busy ? node.Slots : 0);
        return new QueueForecast(
            time.GetUtcNow().ToUnixTimeMilliseconds(), 0, 0, 0, null, slots, 0, null, QueueTrend.Unknown, [], 0, null);
    }

    private static void Write(Utf8JsonWriter json, QueueForecast forecast)
    {
        json.WriteStartObject();
        TaskJson.WriteTime(json, Since, forecast.Since);
        json.WriteNumber("arrivalsPerSecond"u8, Math.Round(forecast.Arrivals, Digits));
        json.WriteNumber("startsPerSecond"u8, Math.Round(forecast.Starts, Digits));
        json.WriteNumber("endsPerSecond"u8, Math.Round(forecast.Ends, Digits));
        json.WriteString("meanRunTime"u8, forecast.MeanRunTime is { } mean
            ? Durations.Format(TimeSpan.FromMilliseconds(Math.Round(mean)))
            : null);
        json.WriteNumber("slots"u8, forecast.Slots);
        json.WriteNumber("backlog"u8, forecast.Backlog);
        TaskJson.WriteTime(json, EmptyAt, forecast.EmptyAt);
        json.WriteString("trend"u8, forecast.Trend switch
        {
            QueueTrend.Growing => "growing",
            QueueTrend.Steady => "steady",
            QueueTrend.Shrinking => "shrinking",
            _ => null,
        });
        WriteShares(json, forecast.HeldBy);
        json.WriteStartObject("estimates"u8);
        json.WriteNumber("samples"u8, forecast.Samples);
        JobJson.WriteNumber(json, "inRange"u8, forecast.InRange, Digits);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>Writes <c>heldBy</c>; null if it is unknown.</summary>
    internal static void WriteShares(Utf8JsonWriter json, ImmutableArray<HeldShare>? shares)
    {
        if (shares is not { } known)
        {
            json.WriteNull("heldBy"u8);
            return;
        }

        json.WriteStartArray("heldBy"u8);
        foreach (var share in known)
        {
            json.WriteStartObject();
            json.WriteString("code"u8, share.Code);
            json.WriteNumber("share"u8, Math.Round(share.Share, Digits));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
