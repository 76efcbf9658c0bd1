using OrleansTasks.Access;
using OrleansTasks.Audit;
using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Webhooks;

/// <summary>The calls under <c>/webhooks</c>.</summary>
public static class WebhookRoutes
{
    private const string Root = "/api/v1/webhooks";
    private const string One = Root + "/{id}";

    private static readonly ApiCall List = new("GET", Root, Scopes.Admin, "webhooks", "List the webhooks, oldest first.")
    { Answer = typeof(WholeList<WebhookSettingsAnswer>), Refusals = [503] };

    private static readonly ApiCall Create =
        new("POST", Root, Scopes.Admin, "webhooks", "Create a webhook, which receives events from now on; its secret is shown only once.")
    { Audit = AuditActions.CreateWebhook, Body = "WebhookSpec", Answer = typeof(CreatedWebhookAnswer), Success = 201,
        Refusals = [409, 422, 503, 504] };

    private static readonly ApiCall Get = new("GET", One, Scopes.Admin, "webhooks", "Get a webhook.")
    { Answer = typeof(WebhookSettingsAnswer), Refusals = [404, 503] };

    private static readonly ApiCall Put = new("PUT", One, Scopes.Admin, "webhooks", "Change a webhook; omitted settings stay as they are.")
    {
        Audit = AuditActions.PutWebhook, Headers = [CreateOnly.Header], Body = "WebhookChange", Answer = typeof(WebhookSettingsAnswer),
        Refusals = [404, 412, 422, 503, 504],
    };

    private static readonly ApiCall Delete =
        new("DELETE", One, Scopes.Admin, "webhooks", "Delete a webhook; after the answer, it sends nothing more.")
    { Audit = AuditActions.DeleteWebhook, RefusesBody = true, Success = 204, Refusals = [404, 503, 504] };

    private static readonly ApiCall Pause =
        new("POST", One + "/pause", Scopes.Admin, "webhooks", "Pause a webhook; the service keeps its events as long as all others.")
    { Audit = AuditActions.PauseWebhook, RefusesBody = true, Answer = typeof(WebhookSettingsAnswer), Refusals = [404, 503, 504] };

    private static readonly ApiCall Resume = Pause with
    { Audit = AuditActions.ResumeWebhook, Path = One + "/resume", Summary = "Resume a webhook." };

    private static readonly ApiCall Rotate =
        new("POST", One + "/rotate", Scopes.Admin, "webhooks", "Create a new secret, which is shown only once; the "
            + "old one also signs for a day.")
    { Audit = AuditActions.RotateWebhook, RefusesBody = true, Answer = typeof(CreatedWebhookAnswer), Refusals = [404, 503, 504] };

    private static readonly ApiCall Test =
        new("POST", One + "/test", Scopes.Admin, "webhooks", "Send a test event once, and answer with the outcome.")
    { RefusesBody = true, Answer = typeof(DeliveryAnswer), Refusals = [404, 429, 503, 504] };

    private static readonly ApiCall Deliveries =
        new("GET", One + "/deliveries", Scopes.Admin, "webhooks", "List the last 1,000 deliveries of the last week, newest first.")
    {
        Query =
        [
            new("limit", "Maximum deliveries in the answer: 1 to 1000, by default 100.", "100"),
            new("cursor", "An earlier answer's nextCursor, to continue after it.", "AAAAAAAAAAAAAAAAAAAAKgAAAAA"),
        ],
        Answer = typeof(PagedList<DeliveryAnswer>),
        Refusals = [404, 503],
    };

    private static readonly ApiCall Resend =
        new("POST", One + "/deliveries/{n}/resend", Scopes.Admin, "webhooks", "Retry a delivery, and answer with the outcome.")
    { RefusesBody = true, Answer = typeof(DeliveryAnswer), Refusals = [404, 429, 503, 504] };

    /// <summary>Maps the calls.</summary>
    public static void MapWebhooks(this IEndpointRouteBuilder routes)
    {
        var webhooks = routes.ServiceProvider.GetRequiredService<WebhookCalls>();
        routes.MapCall(List, webhooks.List);
        routes.MapCall(Create, webhooks.Create);
        routes.MapCall(Get, webhooks.Get);
        routes.MapCall(Put, webhooks.Put);
        routes.MapCall(Delete, webhooks.Delete);
        routes.MapCall(Pause, context => webhooks.SetPaused(context, isPaused: true));
        routes.MapCall(Resume, context => webhooks.SetPaused(context, isPaused: false));
        routes.MapCall(Rotate, webhooks.Rotate);
        routes.MapCall(Test, webhooks.Test);
        routes.MapCall(Deliveries, context => webhooks.Deliveries(context, Deliveries));
        routes.MapCall(Resend, webhooks.Resend);
    }
}
