using System.Net.Sockets;
using System.Text;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Lifecycle;

/// <summary>What the service tells systemd (<c>Type=notify</c>).</summary>
public sealed class NotifyTests : DataFolders
{
    [Fact]
    public async Task Service_ThatIsReady_TellsSystemd()
    {
        var name = In("notify");
        using var systemd = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        systemd.Bind(new UnixDomainSocketEndPoint(name));

        await using var service = await Service.Start(
            "/usr/bin/env",
            [$"NOTIFY_SOCKET={name}", BuiltPrograms.AllInOne, "--data", Data, "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0"], Data);

        var told = new byte[64];
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        var length = await systemd.ReceiveAsync(told, limit.Token);
        Assert.Equal("READY=1", Encoding.UTF8.GetString(told, 0, length));
    }
}
