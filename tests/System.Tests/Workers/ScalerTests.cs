using System.Diagnostics;
using System.Runtime.Versioning;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Workers;

/// <summary>The sample that adds and removes workers, with real ones.</summary>
[SupportedOSPlatform("linux")]
public sealed class ScalerTests : DataFolders
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static string Samples => Path.Combine(BuiltPrograms.Repository, "samples", "scaler");

    [Fact]
    public async Task Decisions_PassTheirOwnTests()
    {
        var tested = await Finished.Run("python3", "-B", "-m", "unittest", "discover", Samples);
        Assert.True(tested.ExitCode == 0, tested.Errors);
        Assert.Matches("Ran [1-9][0-9]* tests", tested.Errors);
    }

    [Fact]
    public async Task Workers_ComeFromZeroForWhatWaits_AndGoWhenTheyRunNothing()
    {
        await using var service = await Service.Start(Data, "--slots", "0");
        Directory.CreateDirectory(In("pool"));
        await Write("up", $"""
            for i in $(seq $2); do
              name=$1-$(cat /proc/sys/kernel/random/uuid)
              setsid {BuiltPrograms.Worker} --master {service.Grpc} --name $name --data {In("pool")}/$name --slots 2 \
                --resource cpu=2 --label pool=$1 > {In("pool")}/$name.log 2>&1 &
              echo $! > {In("pool")}/$name.pid
            done
            """);
        // A worker that still ran something would give it back after --drain, and the task would have another attempt.
        // One that has ended may stay a zombie: other tests can make this process the parent of orphans.
        await Write("down", $"""
            pid=$(cat {In("pool")}/$1.pid)
            kill $pid
            while grep -qs '^State:.[^Z]' /proc/$pid/status; do sleep 0.1; done
            echo $1 >> {In("downed")}
            """);
        await File.WriteAllTextAsync(In("settings.json"), new JsonObject
        {
            ["up"] = $"sh {In("up")}",
            ["down"] = $"sh {In("down")}",
            ["shapes"] = new JsonArray(new JsonObject { ["name"] = "p", ["slots"] = 2, ["resources"] = new JsonObject { ["cpu"] = 2 }, ["max"] = 3 }),
            ["idleSeconds"] = 1,
            ["startSeconds"] = 60,
            ["everySeconds"] = 0.5,
        }.ToJsonString(), Cancellation);
        using var scaler = Process.Start(new ProcessStartInfo(
            "python3", ["-B", Path.Combine(Samples, "scaler.py"), In("settings.json"), "--url", service.Url.ToString()]))!;
        try
        {
            await FromZeroAndBack(service, "first");
            await FromZeroAndBack(service, "again");
        }
        finally
        {
            Signals.Send(scaler.Id, Signals.Terminate);
            await scaler.WaitForExitAsync(Cancellation).WaitAsync(Patience, TimeProvider.System, Cancellation);
            foreach (var pid in Directory.GetFiles(In("pool"), "*.pid"))
                await Finished.Run("sh", "-c", $"kill -9 $(cat {pid}) 2> /dev/null; true");
        }
    }

    private async Task FromZeroAndBack(Service service, string round)
    {
        var before = await Downed();
        var tasks = new List<string>();
        for (var i = 0; i < 4; i++)
            tasks.Add(await Submit(service, $"echo up > {In($"{round}-{i}")}; while [ ! -e {In($"{round}-go{i}")} ]; do sleep 0.1; done"));
        await Until.Holds("all run at once", Patience, () => Task.FromResult(Enumerable.Range(0, 4).All(i => File.Exists(In($"{round}-{i}")))));
        var nodes = new List<string>();
        foreach (var task in tasks)
            nodes.Add((string)(await service.Get(task))["node"]!);
        Assert.Equal([2, 2], nodes.CountBy(static node => node).Select(static node => node.Value));

        // One worker still has a task: only the other one goes.
        var kept = nodes[0];
        for (var i = 1; i < 4; i++)
            await File.WriteAllTextAsync(In($"{round}-go{i}"), "", Cancellation);
        await Until.Holds("the idle worker goes", Patience, async () => (await Downed()).Length == before.Length + 1);
        Assert.DoesNotContain(kept, await Downed());
        await File.WriteAllTextAsync(In($"{round}-go0"), "", Cancellation);

        await Until.Holds("no worker is left", Patience, async () => (await Downed()).Length == before.Length + 2);
        Assert.Equal(nodes.Distinct().Order(), (await Downed()).Except(before).Order());
        foreach (var task in tasks)
        {
            var ended = await service.Ended(task);
            Assert.Equal(("succeeded", 1), ((string?)ended["state"], (int)ended["attempt"]!));
        }
    }

    private async Task<string[]> Downed() =>
        File.Exists(In("downed")) ? await File.ReadAllLinesAsync(In("downed"), Cancellation) : [];

    private Task Write(string name, string script) => File.WriteAllTextAsync(In(name), script + "\n", Cancellation);

    private static async Task<string> Submit(Service service, string command)
    {
        using var answer = await service.Post("/api/v1/tasks", new JsonObject { ["cmd"] = command, ["resources"] = new JsonObject { ["cpu"] = 1 } });
        return (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancellation))!["id"]!;
    }
}
