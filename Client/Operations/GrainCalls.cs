using System.Text.Json;
using OrleansTasks.Access;
using OrleansTasks.Client.Figures;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Cluster;
using OrleansTasks.Cluster.Status;

namespace OrleansTasks.Client.Operations;

/// <summary>Shows the recent calls of grains, and the state of each silo's process.</summary>
internal static class GrainCalls
{
    private static readonly (string Name, TimeSpan Length)[] Windows =
        [("10s", TimeSpan.FromSeconds(10)), ("1m", TimeSpan.FromMinutes(1)), ("5m", TimeSpan.FromMinutes(5))];

    private static readonly JsonEncodedText Since = JsonEncodedText.Encode("since");

    private static readonly QueryParameter[] Parameters =
        [new("window", "The time to look back: 10s, 1m or 5m; by default 1m.", "1m")];

    private static readonly ApiCall List =
        new("GET", "/api/v1/cluster/grains", Scopes.Read, "operations",
            "List grains by type with their recent calls; those that take the most time first.")
    { Query = Parameters, Answer = "GrainList", Refusals = [503] };

    private static readonly ApiCall Get =
        new("GET", "/api/v1/cluster/grains/{type}", Scopes.Read, "operations",
            "Get a type of grains with its recent calls by method.")
    { Query = Parameters, Answer = "Grain", Refusals = [404, 503] };

    private static readonly ApiCall Silo =
        new("GET", "/api/v1/cluster/silos/{name}", Scopes.Read, "operations",
            "Get a silo's process: processor, memory and garbage collection.")
    { Answer = "SiloDetail", Refusals = [404] };

    /// <summary>Maps the calls.</summary>
    public static void MapGrains(this IEndpointRouteBuilder routes)
    {
        var collector = routes.ServiceProvider.GetRequiredService<FigureCollector>();
        var engine = routes.ServiceProvider.GetRequiredService<IEngineWatch>();
        routes.MapCall(List, async context =>
        {
            var window = collector.ReadCalls(WindowOf(context.ReadQuery(List)));
            var activations = (await engine.Read()).Activations;
            var calls = window.Calls.Where(static call => GrainTypes.Of(call.Grain) is not null)
                .ToLookup(static call => GrainTypes.Of(call.Grain)!, StringComparer.Ordinal);
            var types = activations.Select(static type => type.Key)
                .Union(calls.Select(static type => type.Key), StringComparer.Ordinal)
                .OrderByDescending(type => calls[type].Sum(static call => call.Total))
                .ThenBy(static type => type, StringComparer.Ordinal);
            await ListAnswer.Send(context, types, (json, type) =>
            {
                json.WriteStartObject();
                WriteType(json, type, Active(activations, type), calls[type], window.Seconds);
                json.WriteEndObject();
            });
        });
        routes.MapCall(Get, async context =>
        {
            var type = context.Request.RouteValues["type"] as string ?? "";
            var window = collector.ReadCalls(WindowOf(context.ReadQuery(Get)));
            var activations = (await engine.Read()).Activations;
            var calls = window.Calls.Where(call => GrainTypes.Of(call.Grain) == type).ToArray();
            if (calls.Length == 0 && !activations.Any(one => one.Key == type))
                throw new ProblemException(Problems.NotFound(
                    "No grains of this type are in memory; /api/v1/cluster/grains lists the types that are."));
            var json = JsonAnswer.Rent();
            json.Writer.WriteStartObject();
            WriteType(json.Writer, type, Active(activations, type), calls, window.Seconds);
            json.Writer.WriteStartArray("methods"u8);
            foreach (var method in calls.OrderByDescending(static call => call.Total)
                .ThenBy(static call => call.Method, StringComparer.Ordinal))
            {
                json.Writer.WriteStartObject();
                json.Writer.WriteString("method"u8, method.Method);
                WriteFigures(json.Writer, [method], window.Seconds);
                json.Writer.WriteEndObject();
            }

            json.Writer.WriteEndArray();
            json.Writer.WriteEndObject();
            await json.Send(context.Response);
        });
        routes.MapCall(Silo, async context =>
        {
            var name = context.Request.RouteValues["name"] as string;
            var silo = collector.Silos.FirstOrDefault(silo => silo.Figures.Silo == name)
                ?? throw new ProblemException(
                    Problems.NotFound("No silo has this name; /api/v1/cluster lists the silos."));
            var json = JsonAnswer.Rent();
            Write(json.Writer, silo);
            await json.Send(context.Response);
        });
    }

    /// <summary>Writes the figures of a silo's process.</summary>
    private static void Write(Utf8JsonWriter json, SiloNow silo)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, silo.Figures.Silo);
        TaskJson.WriteTime(json, Since, silo.Figures.Since);
        WriteNumber(json, "cpu"u8, silo.Processors);
        json.WriteNumber("memoryBytes"u8, silo.Figures.MemoryBytes);
        WriteNumber(json, "gcPauseP99Ms"u8, silo.GcPauseP99);
        json.WriteNumber("pending"u8, silo.Figures.Pending);
        json.WriteEndObject();
    }

    private static TimeSpan WindowOf(in QueryValues query)
    {
        var given = query.Text("window") ?? "1m";
        var (name, length) = Array.Find(Windows, window => window.Name == given);
        return name is null ? throw QueryValues.Refuse("'window' must be 10s, 1m or 5m.") : length;
    }

    private static long Active(IReadOnlyList<KeyValuePair<string, long>> activations, string type) =>
        activations.FirstOrDefault(one => one.Key == type).Value;

    private static void WriteType(Utf8JsonWriter json, string type, long active, IEnumerable<CallFigure> calls,
        double seconds)
    {
        json.WriteString("type"u8, type);
        json.WriteNumber("active"u8, active);
        WriteFigures(json, [.. calls], seconds);
    }

    private static void WriteFigures(Utf8JsonWriter json, IReadOnlyList<CallFigure> calls, double seconds)
    {
        var durations = new long[DurationBuckets.Count];
        foreach (var call in calls)
        {
            for (var i = 0; i < durations.Length; i++)
                durations[i] += call.Durations[i];
        }

        var longest = calls.Count == 0 ? 0 : calls.Max(static call => call.Longest);
        json.WriteNumber("callsPerSecond"u8, Rate(calls.Sum(static call => call.Calls), seconds));
        json.WriteNumber("failuresPerSecond"u8, Rate(calls.Sum(static call => call.Failures), seconds));
        json.WriteNumber("p50Ms"u8, DurationBuckets.Quantile(durations, 0.5, longest) / 1_000d);
        json.WriteNumber("p99Ms"u8, DurationBuckets.Quantile(durations, 0.99, longest) / 1_000d);
        json.WriteNumber("maxMs"u8, longest / 1_000d);
    }

    private static double Rate(long count, double seconds) => seconds > 0 ? Math.Round(count / seconds, 3) : 0;

    private static void WriteNumber(Utf8JsonWriter json, ReadOnlySpan<byte> name, double? value)
    {
        if (value is { } known)
            json.WriteNumber(name, Math.Round(known, 4));
        else
            json.WriteNull(name);
    }
}
