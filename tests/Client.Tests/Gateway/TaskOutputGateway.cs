using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tests.Gateway;

/// <summary>Tests of a gateway and one task that has ended, whose output a test writes.</summary>
public abstract class TaskOutputGateway : IAsyncLifetime
{
    private protected ScriptedGrains Grains { get; } = new();

    private protected TaskRecord Ended { get; } = Records.New(TaskState.Succeeded);

    private protected GatewayHost Gateway { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Gateway = await GatewayHost.Start(Grains);
        Grains.Reader.Put(Ended);
    }

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return Gateway.DisposeAsync();
    }

    private protected void Write(OutputStream stream, ReadOnlySpan<byte> bytes) =>
        Grains.Reader.Write(Ended.Id, 1, stream, bytes.ToArray());
}
