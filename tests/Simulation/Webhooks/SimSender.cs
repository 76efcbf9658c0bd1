using OrleansTasks.Simulation.Checks;
using OrleansTasks.Webhooks;

namespace OrleansTasks.Simulation.Webhooks;

/// <summary>A silo's way to the simulated targets.</summary>
/// <param name="targets">The targets.</param>
/// <param name="clock">The silo's clock.</param>
internal sealed class SimSender(Func<Subscribers> targets, TimeProvider clock) : IWebhookSender
{
    private int running;

    /// <inheritdoc/>
    public string? RefusalOf(Uri url) => null;

    /// <inheritdoc/>
    public async Task<WebhookAnswer> Send(WebhookRequest request, CancellationToken cancellation)
    {
        Violation.Unless(++running <= WebhookCore.MostAtOnce, $"{running} tries of webhooks run at once.");
        try
        {
            await Task.Delay(targets().Latency(), clock, cancellation);
            var (status, takes) = targets().Receive(request);
            await Task.Delay(takes, clock, cancellation);
            return new WebhookAnswer(status, null);
        }
        finally
        {
            running--;
        }
    }
}
