using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using OrleansTasks.Client.Pages;
using OrleansTasks.Client.Tests.Gateway;

namespace OrleansTasks.Client.Tests.Pages;

/// <summary>When the dashboard starts, and what its first requests get.</summary>
public sealed class DashboardRoutesTests
{
    private readonly VirtualTime time = new();
    private int starts;
    private int builds;

    [Fact]
    public async Task FirstRequests_TenAtOnce_StartItOnceAndAreServed()
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var silos = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var gateway = await Start(() =>
        {
            begun.TrySetResult();
            return silos.Task;
        });
        await gateway.Get("/api/v1/nowhere");
        Assert.Equal((0, 0), (starts, builds));

        var requests = Enumerable.Range(0, 10).Select(_ => gateway.Get("/dashboard/")).ToArray();
        await begun.Task.WaitAsync(TestContext.Current.CancellationToken);
        Assert.DoesNotContain(requests, static request => request.IsCompleted);
        silos.SetResult();

        Assert.All(await Task.WhenAll(requests), static reply => Assert.Equal((200, "/dashboard/"), (reply.Status, reply.Text)));
        Assert.Equal((1, 1), (starts, builds));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task FailedStart_Is503AndTheNextRequestStartsItAgain(bool inSilo)
    {
        await using var gateway = await Start(
            () => inSilo && starts == 1 ? throw new InvalidOperationException("no silo") : Task.CompletedTask,
            () => _ = !inSilo && builds == 1 ? throw new InvalidOperationException("no routes") : 0);

        var refused = await gateway.Get("/dashboard/");
        refused.Problem(503, "not-ready");
        Assert.Equal("1", refused.Headers["Retry-After"]);

        Assert.Equal(200, (await gateway.Get("/dashboard/index.css")).Status);
        Assert.Equal((2, inSilo ? 1 : 2), (starts, builds));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task LaterRequest_TellsSilosThatMayHaveJoined_AndIsServedIfOneDoesNotAnswer(bool fails)
    {
        var again = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var never = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var gateway = await Start(() =>
        {
            if (starts == 1)
                return Task.CompletedTask;
            again.TrySetResult();
            return fails ? throw new TimeoutException("no answer") : never.Task;
        });
        await gateway.Get("/dashboard/");
        await gateway.Get("/dashboard/");
        Assert.Equal((1, 1), (starts, builds));

        time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(200, (await gateway.Get("/dashboard/")).Status);
        await again.Task.WaitAsync(TestContext.Current.CancellationToken);
        Assert.Equal((2, 1), (starts, builds));
        Assert.Equal(200, (await gateway.Get("/dashboard/")).Status);
    }

    private Task<GatewayHost> Start(Func<Task> startSilos, Action? build = null) => GatewayHost.Start(
        services => services.AddSingleton(new ScriptedGrains().Factory).AddSingleton<TimeProvider>(time),
        routes => routes.MapDashboard(
            () =>
            {
                starts++;
                return startSilos();
            },
            _ =>
            {
                builds++;
                build?.Invoke();
                return static context => context.Response.WriteAsync(context.Request.Path);
            }));
}
