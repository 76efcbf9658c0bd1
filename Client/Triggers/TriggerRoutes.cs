using OrleansTasks.Access;
using OrleansTasks.Audit;
using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Triggers;

/// <summary>The calls under <c>/triggers</c>.</summary>
public static class TriggerRoutes
{
    private const string Root = "/api/v1/triggers";
    private const string One = Root + "/{name}";
    private const string Tag = "triggers";

    private static readonly ApiCall List = new("GET", Root, Scopes.Admin, Tag, "List the triggers by name.")
    { Answer = typeof(WholeList<TriggerAnswer>), Refusals = [503] };

    private static readonly ApiCall Get = new("GET", One, Scopes.Admin, Tag, "Get a trigger, without its secret.")
    { Answer = typeof(TriggerAnswer), Refusals = [404, 503] };

    private static readonly ApiCall Put =
        new("PUT", One, Scopes.Admin, Tag,
            "Create a trigger (201) or replace one; a secret that the service makes is shown only once.")
        {
            Audit = AuditActions.PutTrigger, Headers = [CreateOnly.Header], Body = typeof(TriggerBody),
            Answer = typeof(TriggerAnswer), MayCreate = true, Refusals = [409, 412, 422, 503, 504],
        };

    private static readonly ApiCall Delete = new(
        "DELETE", One, Scopes.Admin, Tag, "Delete a trigger; what it started stays.")
    { Audit = AuditActions.DeleteTrigger, RefusesBody = true, Success = 204, Refusals = [404, 503, 504] };

    private static readonly ApiCall Rotate =
        new("POST", One + "/rotate", Scopes.Admin, Tag,
            "Replace the secret of a trigger at once; the new one is shown only once.")
        { Audit = AuditActions.RotateTrigger, RefusesBody = true, Answer = typeof(TriggerAnswer),
            Refusals = [404, 422, 503, 504] };

    private static readonly ApiCall Test =
        new("POST", One + "/test", Scopes.Admin, Tag,
            "Show what a delivery with this body and these headers would start; starts nothing.")
        { Body = "TriggerDelivery", Answer = typeof(TriggerTestAnswer), Refusals = [400, 404, 503] };

    private static readonly ApiCall Deliver =
        new("POST", "/triggers/{name}", Scopes.None, Tag,
            "Deliver to a trigger, signed with its secret: starts its definition.")
        {
            Audit = AuditActions.FireTrigger, Body = "TriggerDelivery", Answer = typeof(StartedByTriggerAnswer),
            DryAnswer = typeof(IgnoredDeliveryAnswer),
            Success = 202, Refusals = [400, 401, 404, 410, 422, 429, 503, 504], Name = "deliverToTrigger",
        };

    /// <summary>Maps the calls.</summary>
    public static void MapTriggers(this IEndpointRouteBuilder routes)
    {
        var triggers = routes.ServiceProvider.GetRequiredService<TriggerCalls>();
        var deliveries = routes.ServiceProvider.GetRequiredService<IncomingDeliveries>();
        routes.MapCall(List, triggers.List);
        routes.MapCall(Get, triggers.Get);
        routes.MapCall(Put, triggers.Put);
        routes.MapCall(Delete, triggers.Delete);
        routes.MapCall(Rotate, triggers.Rotate);
        routes.MapCall(Test, deliveries.Test);
        routes.MapCall(Deliver, deliveries.Take);
    }
}
