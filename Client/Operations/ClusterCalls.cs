using System.Text.Json;
using OrleansTasks.Access;
using OrleansTasks.Client.Hosting;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Cluster;
using OrleansTasks.Cluster.Status;
using OrleansTasks.Lifetime;
using OrleansTasks.Storage;

namespace OrleansTasks.Client.Operations;

/// <summary>Shows the engine, its silos and grains, the store and the versions.</summary>
public static class ClusterCalls
{
    private static readonly JsonEncodedText ExpiresAt = JsonEncodedText.Encode("expiresAt");

    private static readonly ApiCall Cluster = new("GET", "/api/v1/cluster", Scopes.Read, "operations",
        "Get the engine, its silos and grains, the store and the versions.")
    { Answer = "Cluster", Refusals = [503] };

    /// <summary>Maps <c>/api/v1/cluster</c>.</summary>
    public static void MapCluster(this IEndpointRouteBuilder routes)
    {
        var engine = routes.ServiceProvider.GetRequiredService<IEngineWatch>();
        var grains = routes.ServiceProvider.GetRequiredService<GatewayGrains>();
        var certificates = routes.ServiceProvider.GetRequiredService<CertificateWatch>();
        // A named cluster of silos shares a PostgreSQL database; a single silo keeps its tasks in a SQLite file.
        var isPostgres = routes.ServiceProvider.GetService<GatewayOptions>() is { Database: not null }
            or { Target.Cluster: not null };
        routes.MapCall(Cluster, async context =>
        {
            var health = grains.Cluster.Store();
            var status = await engine.Read();
            var answer = JsonAnswer.Rent();
            Write(answer.Writer, status, await health, isPostgres ? "postgresql" : "sqlite", certificates.All);
            await answer.Send(context.Response);
        });
    }

    private static void Write(
        Utf8JsonWriter json, EngineStatus status, StoreHealth health, string kind,
        ImmutableArray<(string Option, DateTimeOffset Ends)> certificates)
    {
        json.WriteStartObject();
        json.WriteString("engine"u8, status.Name);
        json.WriteStartArray("silos"u8);
        foreach (var silo in status.Silos)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, silo.Name);
            json.WriteString("state"u8, silo.State);
            json.WriteString("version"u8, silo.Version);
            if (silo.WireLevel is { } level)
                json.WriteNumber("wireLevel"u8, level);
            else
                json.WriteNull("wireLevel"u8);
            WriteQueues(json, silo);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteGrains(json, status);
        json.WriteStartObject("store"u8);
        json.WriteString("kind"u8, kind);
        json.WriteString("health"u8, health switch
        {
            StoreHealth.Healthy => "healthy",
            StoreHealth.LowSpace or StoreHealth.NoSpace => "low-space",
            _ => "failing",
        });
        json.WriteEndObject();
        json.WriteStartObject("versions"u8);
        json.WriteString("service"u8, ServiceVersion.Text);
        json.WriteNumber("wireLevel"u8, WireLevel.Own);
        json.WriteString("engine"u8, status.Version.Split('+', ' ')[0].TrimEnd('.'));
        json.WriteString("runtime"u8, Environment.Version.ToString());
        json.WriteEndObject();
        json.WriteStartArray("certificates"u8);
        foreach (var (option, ends) in certificates)
        {
            json.WriteStartObject();
            json.WriteString("option"u8, option);
            TaskJson.WriteTime(json, ExpiresAt, ends.ToUnixTimeMilliseconds());
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteQueues(Utf8JsonWriter json, SiloView silo)
    {
        if (silo.Queues is not { } queues)
        {
            json.WriteNull("queueCount"u8);
            json.WriteNull("queues"u8);
            return;
        }

        json.WriteNumber("queueCount"u8, silo.QueueCount);
        json.WriteStartArray("queues"u8);
        foreach (var queue in queues)
            json.WriteStringValue(queue);
        json.WriteEndArray();
    }

    private static void WriteGrains(Utf8JsonWriter json, EngineStatus status)
    {
        json.WriteStartObject("activations"u8);
        foreach (var (type, count) in status.Activations)
            json.WriteNumber(type, count);
        json.WriteEndObject();
        json.WriteStartArray("calls"u8);
        foreach (var call in status.Calls)
        {
            json.WriteStartObject();
            json.WriteString("grain"u8, call.Grain);
            json.WriteString("method"u8, call.Method);
            json.WriteNumber("calls"u8, call.Calls);
            json.WriteNumber("failures"u8, call.Failures);
            json.WriteNumber("meanMs"u8, Milliseconds(call.Calls == 0 ? 0 : call.Total / (double)call.Calls));
            json.WriteNumber("p50Ms"u8, Milliseconds(DurationBuckets.Quantile(call.Durations, 0.5, call.Longest)));
            json.WriteNumber("p99Ms"u8, Milliseconds(DurationBuckets.Quantile(call.Durations, 0.99, call.Longest)));
            json.WriteNumber("maxMs"u8, Milliseconds(call.Longest));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static double Milliseconds(double microseconds) => Math.Round(microseconds / 1000, 3);
}
