using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OrleansTasks.Cluster;
using OrleansTasks.Cluster.Link;
using OrleansTasks.Lifetime;
using OrleansTasks.Silo.Hosting;
using OrleansTasks.Storage.Postgres.Members;
using OrleansTasks.System.Tests.Running;
using OrleansTasks.Tests.Postgres;

namespace OrleansTasks.System.Tests.Apart;

/// <summary>Programs of different versions in a cluster: each states its own, and those that do not work together say so.</summary>
[Trait("Needs", "postgres")]
public sealed class OrleansWireTests : DataFolders
{
    [Theory]
    [InlineData(1, 1, null)]
    [InlineData(2, 1, null)]
    [InlineData(3, 2, null)]
    [InlineData(4, 3, "Silo s1 runs version 0.9.0, which needs at least wire level 3, but this program (version 0.5.0) speaks level 2. "
        + "Start version 0.9.0 here, or stop all silos and gateways of the cluster before you start this version.")]
    public void Misfit_WithALaterSilo_IsNamedWithWhatToDo(int wire, int from, string? expected) =>
        Assert.Equal(expected, OrleansWireCheck.FindMisfit(new MemberProgram("0.5.0", 2, 1), "s1", new("0.9.0", wire, from)));

    [Fact]
    public void Misfit_WithAnEarlierSilo_IsNamedWithWhatToDo()
    {
        var own = new MemberProgram("0.9.0", 4, 3);
        Assert.Contains(
            "Silo s1 runs version 0.5.0, which speaks wire level 2, but this program (version 0.9.0) needs at least level 3.",
            OrleansWireCheck.FindMisfit(own, "s1", new("0.5.0", 2, 1)), StringComparison.Ordinal);
        Assert.Contains(
            "Silo s1 runs an earlier version, which speaks wire level 1",
            OrleansWireCheck.FindMisfit(own, "s1", new("", 1, 1)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cluster_OfOtherLevels_RefusesSilosAndGatewaysInOneLine()
    {
        using var server = new PostgresServer();
        await using var cluster = new ClusterRig(server, In);
        await cluster.StartSilo(0);
        await using (var gateway = await cluster.StartGateway())
        {
            var page = JsonNode.Parse(await gateway.Http.GetStringAsync("/api/v1/cluster"))!;
            var silo = Assert.Single(page["silos"]!.AsArray())!;
            Assert.Equal((ServiceVersion.Text, WireLevel.Own), ((string?)silo["version"], (int)silo["wireLevel"]!));
            Assert.Equal((ServiceVersion.Text, WireLevel.Own), ((string?)page["versions"]!["service"], (int)page["versions"]!["wireLevel"]!));
        }

        // What the silo wrote of itself, and then what one of a later version would.
        server.Execute("postgres", $"""
            DO $$ BEGIN
                IF NOT EXISTS (SELECT 1 FROM ot.members WHERE version = '{ServiceVersion.Text}' AND wire = {WireLevel.Own}) THEN
                    RAISE EXCEPTION 'the silo did not write its version';
                END IF;
            END $$;
            UPDATE ot.members SET version = '9.1.0', wire = 9, wire_from = 8
            """);
        const string misfit = "runs version 9.1.0, which needs at least wire level 8";
        await AssertRefused(misfit, BuiltPrograms.Silo, SiloArguments(cluster));
        await AssertRefused(misfit, BuiltPrograms.Client, "--http", "127.0.0.1:0", "--db", cluster.Database);

        server.Execute("postgres", "UPDATE ot.members SET wire_from = 1; UPDATE ot.schema_version SET version = 2");
        const string schema = "--db: The database has schema version 2, but this program needs version 1. It was not changed.";
        await AssertRefused(schema, BuiltPrograms.Silo, SiloArguments(cluster));
        await AssertRefused(schema, BuiltPrograms.Client, "--http", "127.0.0.1:0", "--db", cluster.Database);
    }

    /// <summary>A silo in this process, which states another level than its own.</summary>
    [Theory]
    [InlineData(9, 8, "runs version 9.1.0, which needs at least wire level 8")]
    [InlineData(9, 1, null)]
    public async Task GatewayThatIsGivenASilo_OfAnotherLevel_IsRefusedInOneLine(int wire, int from, string? misfit)
    {
        var listen = RestartAddress.Next();
        var options = new SiloCommand().Parse(
            ["--data", In("silo"), "--listen", listen, "--grpc", "127.0.0.1:0", "--slots", "0"], static _ => null, TextWriter.Null)!;
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton(new MemberProgram("9.1.0", wire, from));
        SiloHost.AddSilo(builder.Services, options, In("worker"), endpoint: null);
        using var silo = builder.Build();
        await silo.StartAsync(TestContext.Current.CancellationToken);

        string[] arguments = ["--http", "127.0.0.1:0", "--silo", listen];
        if (misfit is not null)
        {
            var ended = await Finished.Run(BuiltPrograms.Client, arguments);
            Assert.True(ended.ExitCode == 1, $"{ended}");
            // On a busy machine, lines of the log stand before or after it.
            Assert.Single(ended.Errors.Split('\n'), line => line.Contains(misfit, StringComparison.Ordinal));
        }
        else
            await (await Service.Start(BuiltPrograms.Client, arguments, "")).DisposeAsync();
        await silo.StopAsync(TestContext.Current.CancellationToken);
    }

    private string[] SiloArguments(ClusterRig cluster) =>
        ["--data", In("refused"), "--listen", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--db", cluster.Database];

    private static async Task AssertRefused(string reason, string program, params string[] arguments)
    {
        var ended = await Finished.Run(program, arguments);
        Assert.True(ended.ExitCode == 1, $"{ended}");
        Assert.Contains(reason, Assert.Single(ended.Errors.Trim().Split('\n')), StringComparison.Ordinal);
    }
}
