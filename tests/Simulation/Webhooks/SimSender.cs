using OrleansTasks.Simulation.Checks;
using OrleansTasks.Webhooks;

namespace OrleansTasks.Simulation.Webhooks;

/// <summary>A silo's way to the simulated targets.</summary>
/// <param name="targets">The targets.</param>
/// <param name="clock">The silo's clock.</param>
/// <param name="strictness">Hears of what must not happen: who sends takes every exception for a failed try.</param>
internal sealed class SimSender(Func<Subscribers> targets, TimeProvider clock, Strictness strictness) : IWebhookSender
{
    private int running;

    /// <inheritdoc/>
    public string? RefusalOf(Uri url) => null;

    /// <inheritdoc/>
    public async Task<WebhookAnswer> Send(WebhookRequest request, CancellationToken cancellation)
    {
        running++;
        try
        {
            Violation.Unless(running <= WebhookCore.MostAtOnce, $"{running} tries of webhooks run at once.");
            await Task.Delay(targets().Latency(), clock, cancellation);
            var (status, takes) = targets().Receive(request);
            await Task.Delay(takes, clock, cancellation);
            return new WebhookAnswer(status, null);
        }
        catch (Violation violation)
        {
            strictness.Judge("A webhook's target", violation);
            throw;
        }
        finally
        {
            running--;
        }
    }
}
