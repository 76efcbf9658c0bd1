using System.Globalization;
using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;
using OrleansTasks.Webhooks;

namespace OrleansTasks.Client.Webhooks;

/// <summary>Creates, shows and changes webhooks, and shows their deliveries.</summary>
/// <param name="grains">The webhooks.</param>
/// <param name="ids">Mints the ids of new webhooks.</param>
/// <param name="time">The clock.</param>
public sealed class WebhookCalls(GatewayGrains grains, TaskIdSource ids, TimeProvider time)
{
    private const string InvalidCode = "invalid-webhook";

    /// <summary>Lists all webhooks, oldest first.</summary>
    internal async Task List(HttpContext context) =>
        await ContractJson.Send(context, new WholeList<WebhookSettingsAnswer>((await grains.Webhooks.List()).Select(WebhookSettingsAnswer.Of)));

    /// <summary>Returns one webhook.</summary>
    internal async Task Get(HttpContext context) => await Send(context, await Find(context));

    /// <summary>Creates a webhook. Its secret is shown in this answer only.</summary>
    internal async Task Create(HttpContext context)
    {
        var asked = await Read(context, isNew: true);
        var id = ids.Next().ToString();
        // A repeated call with the same id returns the first call's result.
        var (reply, _) = await grains.Writes.Repeatedly(() => asked.Filter is not null
            ? grains.Webhooks.CreateFiltered(id, asked)
            : grains.Webhooks.Create(id, asked.Url!, asked.Types!.Value));
        var made = Done(reply);
        context.Response.StatusCode = StatusCodes.Status201Created;
        context.Response.Headers.Location = "/api/v1/webhooks/" + made.Id;
        await SendWithSecret(context, made, reply.Secret);
    }

    /// <summary>Changes a webhook. Omitted settings keep their values.</summary>
    internal async Task Put(HttpContext context)
    {
        var change = await Read(context, isNew: false);
        // Only POST creates a webhook, so a PUT that may only create has nothing to do.
        if (CreateOnly.IsAsked(context, version: null))
        {
            await Find(context);
            throw new ProblemException(Problems.AlreadyExists("webhook"));
        }

        await Change(context, change);
    }

    /// <summary>Pauses or resumes a webhook.</summary>
    internal Task SetPaused(HttpContext context, bool isPaused) => Change(context, new WebhookChange(null, null, isPaused));

    /// <summary>Gives a webhook a new secret, which is shown in this answer only.</summary>
    internal async Task Rotate(HttpContext context)
    {
        var reply = await grains.Writes.Once(() => grains.Webhooks.Rotate(IdIn(context)));
        await SendWithSecret(context, Done(reply), reply.Secret);
    }

    /// <summary>Deletes a webhook. Nothing is sent to it any more.</summary>
    internal async Task Delete(HttpContext context)
    {
        var (outcome, isRepeated) = await grains.Writes.Repeatedly(() => grains.Webhooks.Delete(IdIn(context)));
        // If the call was repeated, the first one may have deleted the webhook.
        if (outcome == WebhookOutcome.NotFound && !isRepeated)
            throw NoWebhook();
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    /// <summary>Sends a test event once and returns the delivery.</summary>
    internal async Task Test(HttpContext context) =>
        await Send(context, await grains.Writes.Once(() => grains.Webhooks.Test(IdIn(context))));

    /// <summary>Tries a delivery once more and returns it.</summary>
    internal async Task Resend(HttpContext context)
    {
        var n = long.TryParse(context.Request.RouteValues["n"] as string, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw NoDelivery();
        await Send(context, await grains.Writes.Once(() => grains.Webhooks.Resend(IdIn(context), n)));
    }

    /// <summary>Lists a webhook's deliveries, newest first.</summary>
    internal async Task Deliveries(HttpContext context, ApiCall call)
    {
        var query = context.ReadQuery(call);
        var limit = query.Integer("limit", 1, 1000, defaultValue: 100);
        var before = (long?)Cursors.Read(query.Text("cursor"))?.Low ?? long.MaxValue;
        var page = await grains.Webhooks.Deliveries(IdIn(context), before, limit + 1) ?? throw NoWebhook();
        await ListAnswer.SendPage(
            context, page, limit, static (json, delivery) => ContractJson.Write(json, DeliveryAnswer.Of(delivery)),
            static delivery => Cursors.After(new TaskId(0, (ulong)delivery.N)));
    }

    private static string IdIn(HttpContext context) => context.Request.RouteValues["id"] as string ?? "";

    private static ProblemException NoWebhook() =>
        new(Problems.NotFound("No webhook has this id; /api/v1/webhooks lists all webhooks."));

    private static ProblemException NoDelivery() =>
        new(Problems.NotFound("No webhook has this id, or it has no such delivery that can be sent again."));

    private static WebhookView Done(WebhookReply reply) => reply.Outcome switch
    {
        WebhookOutcome.Done => reply.Webhook!,
        WebhookOutcome.Refused => throw new ProblemException(Problems.Invalid(InvalidCode, [new SpecError("url", reply.Fault!)])),
        WebhookOutcome.TooMany => throw new ProblemException(Problems.TooManyWebhooks()),
        _ => throw NoWebhook(),
    };

    private static Task Send(HttpContext context, WebhookView webhook) => ContractJson.Send(context, WebhookSettingsAnswer.Of(webhook));

    private static Task SendWithSecret(HttpContext context, WebhookView webhook, string? secret)
    {
        context.Response.Headers.CacheControl = "no-store";
        return ContractJson.Send(context, CreatedWebhookAnswer.Of(webhook, secret!));
    }

    private static Task Send(HttpContext context, DeliveryReply reply)
    {
        var delivery = reply.Outcome switch
        {
            WebhookOutcome.Done => reply.Delivery!,
            WebhookOutcome.TooMany => throw new ProblemException(Problems.TooManyTries()),
            _ => throw NoDelivery(),
        };
        return ContractJson.Send(context, DeliveryAnswer.Of(delivery));
    }

    private async Task Change(HttpContext context, WebhookChange change) =>
        await Send(context, Done(await grains.Writes.Once(() => grains.Webhooks.Change(IdIn(context), change))));

    private async Task<WebhookChange> Read(HttpContext context, bool isNew)
    {
        var body = await RequestBody.ReadJson(context, RequestBody.Largest, time);
        var errors = new SpecErrors();
        return WebhookChangeReader.Read(body, isNew, errors) ?? throw new ProblemException(
            Problems.Of(errors, InvalidCode));
    }

    private async Task<WebhookView> Find(HttpContext context)
    {
        var id = IdIn(context);
        return (await grains.Webhooks.List()).FirstOrDefault(webhook => webhook.Id == id) ?? throw NoWebhook();
    }
}
