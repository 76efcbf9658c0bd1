using OrleansTasks.Client.Attention;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Client.Tests.Gateway;

namespace OrleansTasks.Client.Tests.Attention;

/// <summary>Which queued tasks no node can run, as far as the store tells.</summary>
public sealed class UnfitTaskTests
{
    [Fact]
    public async Task In_OneTaskCannotBeRead_FindsTheOthers()
    {
        var grains = new ScriptedGrains();
        var (unreadable, unfit) = (Records.New(), Records.New());
        grains.Reader.Put(unreadable with { Spec = "[]"u8.ToArray() });
        grains.Reader.Put(unfit with { Spec = """{"cmd":"x","requires":{"gpu":"a100"}}"""u8.ToArray() });

        var found = await new UnfitTasks(new GatewayGrains(grains.Factory)).In(
            "default", [], unfit.QueuedAt!.Value + (long)UnfitTasks.LookAfter.TotalMilliseconds);

        Assert.Equal((1, unfit.Id.ToString(), unfit.QueuedAt!.Value, "no node has registered"), found!.Value);
    }
}
