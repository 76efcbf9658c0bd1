using System.Net;
using System.Net.Sockets;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Apart;

public sealed class OrleansRefusedApartTests : DataFolders
{
    [Theory]
    [InlineData("Client", "Invalid value '30000' for --silo: expected HOST:PORT", "--silo", "30000")]
    [InlineData("Silo", "'--http'", "--http", "127.0.0.1:0")]
    public async Task BadOptions_EndWithTwoAndNameThem(string program, string reason, params string[] arguments)
    {
        var ended = await Finished.Run(program == "Silo" ? BuiltPrograms.Silo : BuiltPrograms.Client, arguments);
        Assert.Equal(2, ended.ExitCode);
        Assert.Contains(reason, ended.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PortsInUse_EndWithOneAndAreNamed()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        var silo = await Finished.Run(
            BuiltPrograms.Silo, "--data", Data, "--listen", $"127.0.0.1:{port}", "--grpc", "127.0.0.1:0");
        Assert.Equal(1, silo.ExitCode);
        Assert.Contains($"--listen: port {port}", silo.Errors, StringComparison.Ordinal);
        var member = await Finished.Run(BuiltPrograms.Silo, "--data", Data, "--listen", "127.0.0.1:0", "--grpc", "127.0.0.1:0",
            "--db", "Host=127.0.0.1;Port=1;Database=none", "--peer-port", $"{port}");
        Assert.Equal(1, member.ExitCode);
        Assert.Contains($"--peer-port: port {port}", member.Errors, StringComparison.Ordinal);
        var gateway = await Finished.Run(BuiltPrograms.Client, "--silo", "127.0.0.1:1", "--http", $"127.0.0.1:{port}");
        Assert.Equal(1, gateway.ExitCode);
        Assert.Contains($"--http: port {port}", gateway.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task BeyondLoopbackWithoutAKey_IsRefused()
    {
        var refused = await Finished.Run(BuiltPrograms.Silo, "--data", Data, "--listen", "0.0.0.0:0", "--grpc", "127.0.0.1:0");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("--listen 0.0.0.0:", refused.Errors, StringComparison.Ordinal);
        Assert.Contains("otask key create", refused.Errors, StringComparison.Ordinal);

        await using var silo = await Service.StartSilo(Data);
        var gateway = await Finished.Run(BuiltPrograms.Client, "--silo", silo.Silo, "--http", "0.0.0.0:0");
        Assert.Equal(1, gateway.ExitCode);
        Assert.Contains("--http 0.0.0.0:0", gateway.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FolderInUse_EndsWithOneAndNamesTheOwner()
    {
        await using var owner = await Service.StartSilo(Data);
        var second = await Finished.Run(
            BuiltPrograms.Silo, "--data", Data, "--listen", "127.0.0.1:0", "--grpc", "127.0.0.1:0");
        Assert.Equal(1, second.ExitCode);
        Assert.Contains($"in use by process {owner.Agent}", second.Errors, StringComparison.Ordinal);
    }
}
