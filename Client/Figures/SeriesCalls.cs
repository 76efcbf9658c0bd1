using System.Text.Json;
using OrleansTasks.Access;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Processing.Text;

namespace OrleansTasks.Client.Figures;

/// <summary>The call <c>/series</c>.</summary>
internal static class SeriesCalls
{
    private static readonly JsonEncodedText From = JsonEncodedText.Encode("from");
    private static readonly JsonEncodedText Since = JsonEncodedText.Encode("since");

    private static readonly ApiCall Get =
        new("GET", "/api/v1/series", Scopes.Read, "operations",
            "Get figures of tasks, queues, nodes, commits and grains over time.")
    { Query = SeriesQuery.Parameters, Answer = "SeriesList" };

    /// <summary>Maps the call.</summary>
    public static void MapSeries(this IEndpointRouteBuilder routes)
    {
        var collector = routes.ServiceProvider.GetRequiredService<FigureCollector>();
        var time = routes.ServiceProvider.GetRequiredService<TimeProvider>();
        routes.MapCall(Get, async context =>
        {
            var reading = collector.Read(SeriesQuery.Read(context.ReadQuery(Get), time.GetUtcNow()));
            var json = JsonAnswer.Rent();
            Write(json.Writer, reading);
            await json.Send(context.Response);
        });
    }

    private static void Write(Utf8JsonWriter json, SeriesReading reading)
    {
        json.WriteStartObject();
        TaskJson.WriteTime(json, From, reading.From * 1_000);
        json.WriteString("step"u8, Durations.Format(TimeSpan.FromSeconds(reading.Step)));
        TaskJson.WriteTime(json, Since, reading.Since * 1_000);
        json.WriteStartArray("series"u8);
        foreach (var (series, values) in reading.Series)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, series.Id.Name);
            json.WriteString("unit"u8, series.Unit);
            json.WriteString("key"u8, series.Id.Key.Length == 0 ? null : series.Id.Key);
            json.WriteStartArray("values"u8);
            foreach (var value in values)
            {
                if (value is { } known)
                    json.WriteNumberValue(Math.Round(known, 3));
                else
                    json.WriteNullValue();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
