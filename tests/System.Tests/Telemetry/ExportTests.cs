using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Telemetry;

/// <summary>The export to an OpenTelemetry collector, from programs as they are built.</summary>
public sealed class ExportTests : DataFolders
{
    private const string Secret = "open-sesame";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task Task_SiloGatewayAndWorkerWithCollector_IsOneTraceAndMetricsAndLogsArrive()
    {
        await using var collector = await Collector.Start();
        await using var silo = await Service.Start(
            BuiltPrograms.Silo, ["--data", Data, "--listen", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--slots", "0"], Data, collector.Environment);
        await using var gateway = await Service.Start(
            BuiltPrograms.Client, ["--http", "127.0.0.1:0", "--silo", silo.Silo], "", collector.Environment);
        await using var worker = WorkerProcess.Launch(
            BuiltPrograms.Worker, ["--master", silo.Grpc, "--name", "w1", "--data", In("w1")], "w1", In("w1"), collector.Environment);
        await worker.Started();

        using var accepted = await gateway.Post("/api/v1/tasks", new JsonObject
        {
            ["cmd"] = $"echo $TRACEPARENT; : {Secret}; exit 3",
            ["queue"] = "reports",
            ["env"] = new JsonObject { ["PASSWORD"] = Secret },
            ["retry"] = new JsonObject { ["maxAttempts"] = 1 },
        });
        Assert.True(accepted.StatusCode == HttpStatusCode.Accepted, await accepted.Content.ReadAsStringAsync());
        var id = (string)JsonNode.Parse(await accepted.Content.ReadAsStringAsync())!["id"]!;
        Assert.Equal("failed", (string?)(await gateway.Ended(id))["state"]);

        var trace = id.Replace("-", "", StringComparison.Ordinal);
        (string Service, string Name)[] steps =
        [
            ("orleanstasks-gateway", "submit"), ("orleanstasks-silo", "commit assigned"), ("orleanstasks-worker", "attempt"),
            ("orleanstasks-silo", "commit failed"),
        ];
        await Until.Holds("the spans of the task", Patience, () => Task.FromResult(
            steps.All(step => collector.Trace(trace).Any(span => (span.Service, span.Span.Name) == step))));

        var attempt = Assert.Single(collector.Trace(trace), static span => span.Span.Name == "attempt").Span;
        Assert.Equal(
            ("reports", id, "1", "w1", "3", "exit"),
            (Tag(attempt, "queue"), Tag(attempt, "task.id"), Tag(attempt, "attempt"), Tag(attempt, "node"), Tag(attempt, "exit_code"),
                Tag(attempt, "reason")));
        var assigned = Assert.Single(collector.Trace(trace), static span => span.Span.Name == "commit assigned").Span;
        Assert.Equal(("reports", "1", "w1"), (Tag(assigned, "queue"), Tag(assigned, "attempt"), Tag(assigned, "node")));

        // The command goes on in the span of its attempt.
        Assert.Equal(
            $"00-{trace}-{Convert.ToHexStringLower(attempt.SpanId.Span)}-01",
            (await gateway.Http.GetStringAsync($"/api/v1/tasks/{id}/output/stdout")).Trim());

        Assert.All(collector.Trace(trace), static span => Assert.True(span.Span.ParentSpanId.IsEmpty, span.Span.Name));

        // The submission links to its request, whose trace goes on in the silo.
        var submit = Assert.Single(collector.Trace(trace), static span => span.Span.Name == "submit").Span;
        var request = Convert.ToHexStringLower(Assert.Single(submit.Links).TraceId.Span);
        await Until.Holds("the spans of the request", Patience, () => Task.FromResult(
            collector.Trace(request).Any(static span => span is { Service: "orleanstasks-gateway", Span.Name: "POST /api/v1/tasks" })
            && collector.Trace(request).Any(static span => span.Service == "orleanstasks-silo"
                && span.Span.Name.EndsWith("/Submit", StringComparison.Ordinal))));

        (string, string)[] metrics =
        [
            ("orleanstasks-silo", "orleanstasks.commits"), ("orleanstasks-silo", "orleans-catalog-activations"),
            ("orleanstasks-gateway", "http.server.request.duration"), ("orleanstasks-worker", "orleanstasks.worker.attempts.ended"),
            ("orleanstasks-worker", "dotnet.process.cpu.time"),
        ];
        await Until.Holds("the metrics", Patience, () => Task.FromResult(metrics.All(collector.Metrics.ContainsKey)));

        MetricNames.Check(await gateway.Http.GetStringAsync("/metrics"), MetricNames.Gateway);

        // What the last moments of a program bring arrives before its end.
        worker.Send(Signals.Terminate);
        Assert.Equal(0, await worker.End());
        Assert.Contains(
            collector.Logs,
            static log => log.Service == "orleanstasks-worker" && log.Text.Contains("leav", StringComparison.OrdinalIgnoreCase));
        gateway.Terminate();
        Assert.Equal(0, await gateway.End());
        silo.Terminate();
        Assert.Equal(0, await silo.End());
        Assert.Contains(collector.Logs, static log => log.Service == "orleanstasks-silo");
        Assert.False(collector.HasText(Secret), "A part of the command or its environment was exported.");
    }

    [Fact]
    public async Task Task_CollectorThatNeverAnswers_RunsAndTheServiceEndsCleanly()
    {
        using var collector = new TcpListener(IPAddress.Loopback, 0);
        collector.Start();
        await using var service = await Service.Start(
            BuiltPrograms.AllInOne, ["--data", Data, "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0"], Data,
            [.. Collector.EnvironmentOf($"http://{collector.LocalEndpoint}"), ("OTEL_EXPORTER_OTLP_TIMEOUT", "3600000")]);

        // An export is under way for the whole time of the task, and for an hour.
        using var held = await collector.AcceptTcpClientAsync().WaitAsync(Patience, TimeProvider.System);
        Assert.Equal("succeeded", (string?)(await service.Ended(await service.Submit("true")))["state"]);

        // The task has ended before the time of the report that told it is recorded.
        var metrics = "";
        await Until.Holds("the time of a report", Patience, async () => (metrics = await service.Http.GetStringAsync("/metrics"))
            .Contains("orleanstasks_node_report_duration_seconds", StringComparison.Ordinal));
        MetricNames.Check(metrics, MetricNames.Gateway, MetricNames.Tasks);
        service.Terminate();
        Assert.Equal(0, await service.End());
    }

    [Fact]
    public async Task Task_CollectorThatIsAbsent_RunsAndNothingIsLogged()
    {
        // Bound and not listening: nobody else gets the port, and connections are refused.
        using var absent = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        absent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        await using var service = await Service.Start(
            BuiltPrograms.AllInOne, ["--data", Data, "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0"], Data,
            Collector.EnvironmentOf($"http://{absent.LocalEndPoint}"));
        Assert.Equal("succeeded", (string?)(await service.Ended(await service.Submit("true")))["state"]);
        service.Terminate();
        Assert.Equal(0, await service.End());
        Assert.DoesNotContain("warn:", service.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("fail:", service.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_EndpointThatIsNoAddress_IsRefused()
    {
        (string, string)[] environment = [("OTEL_EXPORTER_OTLP_ENDPOINT", "collector")];
        foreach (var (program, options) in new[]
        {
            (BuiltPrograms.Client, new[] { "--http", "127.0.0.1:0" }),
            (BuiltPrograms.Silo, ["--data", Data, "--listen", "127.0.0.1:0", "--grpc", "127.0.0.1:0"]),
            (BuiltPrograms.Worker, ["--master", "127.0.0.1:1", "--data", In("w1")]),
        })
        {
            var ended = await Finished.Run(program, options, environment);
            Assert.Equal(2, ended.ExitCode);
            Assert.Contains("OTEL_EXPORTER_OTLP_ENDPOINT", ended.Errors, StringComparison.Ordinal);
        }
    }

    private static string? Tag(OtlpSpan span, string name) => Collector.Attribute(span.Attributes, $"orleanstasks.{name}");
}
