using System.Globalization;
using System.Net;
using System.Net.Sockets;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Lifecycle;

/// <summary>What a service that requires keys listens on: nothing else may let anybody in.</summary>
public sealed class ListenerTests : DataFolders
{
    private const string Listening = "0A";

    [Fact]
    public async Task RequireKeys_AnyOtherPortOfTheService_HangsUpAtOnce()
    {
        await using var service = await Service.StartGuarded(Data, "--require-keys", "--slots", "0");
        int[] known = [service.Url.Port, IPEndPoint.Parse(service.Grpc).Port];
        var ports = ListeningPorts(service.Agent);
        Assert.Empty(known.Except(ports));

        foreach (var port in ports.Except(known))
        {
            Assert.Equal(0, await ReadOne(port));
        }
    }

    /// <summary>How many bytes come from a port, of one at most; 0 when the connection is closed or reset, however early.</summary>
    private static async Task<int> ReadOne(int port)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10), TimeProvider.System);
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, port, limit.Token);
            return await client.GetStream().ReadAsync(new byte[1], limit.Token);
        }
        catch (Exception reset) when (reset is IOException or SocketException)
        {
            return 0;
        }
    }

    /// <summary>The ports of IPv4 and IPv6 that a process listens on.</summary>
    private static int[] ListeningPorts(int process)
    {
        var sockets = Directory.GetFiles($"/proc/{process}/fd").Select(static fd => new FileInfo(fd).LinkTarget)
            .Where(static target => target?.StartsWith("socket:[", StringComparison.Ordinal) == true)
            .Select(static target => target![8..^1]).ToHashSet();
        return
        [
            .. new[] { "tcp", "tcp6" }.SelectMany(kind => File.ReadLines($"/proc/{process}/net/{kind}").Skip(1))
                .Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Where(fields => fields[3] == Listening && sockets.Contains(fields[9]))
                .Select(static fields => int.Parse(fields[1].Split(':')[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture)),
        ];
    }
}
