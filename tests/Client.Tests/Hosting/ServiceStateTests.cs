using OrleansTasks.Lifetime;

namespace OrleansTasks.Client.Tests.Hosting;

public sealed class ServiceStateTests
{
    [Fact]
    public void Drain_SecondTime_IsFalse()
    {
        var state = new ServiceState();
        Assert.True(state.Drain());
        Assert.False(state.Drain());
    }

    [Fact]
    public void Started_AfterDrain_DoesNotReviveTheService()
    {
        var state = new ServiceState();
        state.Drain();
        state.Started();
        Assert.Equal(ServicePhase.Draining, state.Phase);
    }
}
