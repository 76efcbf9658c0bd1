using System.Globalization;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Apart;
using OrleansTasks.System.Tests.Running;
using OrleansTasks.Tests.Postgres;

namespace OrleansTasks.System.Tests.Clocks;

/// <summary>
/// Sets the clock of one silo of two, forward and back, while both serve; that of its database, of the other silo, of the gateway
/// and of the worker are right.
/// </summary>
[Trait("Needs", "faketime")]
[Trait("Needs", "postgres")]
public sealed class ClusterClockTests : DataFolders
{
    private static readonly int Drawn = int.Parse(
        Environment.GetEnvironmentVariable("OTASK_CLOCK_CLUSTER_ROUNDS") ?? "0", CultureInfo.InvariantCulture);

    private static readonly int Seed = int.Parse(
        Environment.GetEnvironmentVariable("OTASK_CLOCK_SEED") ?? "1", CultureInfo.InvariantCulture);

    [Fact]
    public async Task ClockOfOneSilo_IsSet_ChangesNothingForCallers()
    {
        using var server = new PostgresServer();
        var (wrong, right) = (new FakeClock(Directory.CreateDirectory(In("clock")).FullName), new FakeClock(In("none")));
        wrong.Set(TimeSpan.Zero);
        await using var cluster = new ClusterRig(server, In, "--webhook-allow", "127.0.0.0/8")
        {
            EnvironmentOf = number => number == 1 ? wrong.Environment : [],
        };
        await cluster.StartSilo(0);
        await cluster.StartSilo(1);
        await using var gateway = await Service.Start(BuiltPrograms.Client, ["--http", "127.0.0.1:0", "--db", cluster.Database], "");
        await using var worker = await WorkerProcess.Start([.. cluster.Workers], "w1", In("w1"), "--slots", "4");
        using var work = new Work(gateway, right);
        work.Listen();
        await work.Begin();

        var leads = new List<TimeSpan> { TimeSpan.FromHours(8), TimeSpan.Zero };
        leads.AddRange(ClockStepTests.Leads(new Random(Seed), Drawn));
        foreach (var (step, lead) in leads.Index())
        {
            await wrong.Set(lead, cluster.Silos[1].Health!);
            await work.Round($"{step}");
        }

        Assert.Equal(2, await ClusterRig.CountActive(gateway));
        // A silo that was started while its clock was ahead, and died, is started again with the clock set right.
        await wrong.Set(TimeSpan.FromHours(8), cluster.Silos[1].Health!);
        await cluster.Restart(1);
        await cluster.Silos[1].KillAll();
        wrong.Set(TimeSpan.Zero);
        await cluster.StartSilo(1);
        // Calls that meet the silo's death may end as unknown, whatever its clock says.
        await Until.Holds("both silos are members", TimeSpan.FromMinutes(1), async () => await ClusterRig.CountActive(gateway) == 2);
        await work.Round("again");

        await CampaignEvidence.Write(
            "OTASK_CLOCK_CLUSTER_EVIDENCE", "the wall clock of one silo of two is set while both serve; after each step, work of every kind",
            new JsonObject
            {
                ["seed"] = Seed, ["calls"] = work.Done,
                ["secondsFromTheTrueTime"] = new JsonArray([.. leads.Select(static lead => (JsonNode)lead.TotalSeconds)]),
            });
    }
}
