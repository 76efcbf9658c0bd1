using OrleansTasks.Access;
using OrleansTasks.Audit;
using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Keys;

/// <summary>The calls under <c>/keys</c> and <c>/sessions</c>.</summary>
public static class KeyRoutes
{
    private const string Keys = "/api/v1/keys";
    private const string Sessions = "/api/v1/sessions";

    private static readonly ApiCall List =
        new("GET", Keys, Scopes.Admin, "access", "List the keys that are not revoked, oldest first, without their texts.")
        { Answer = typeof(WholeList<KeyAnswer>), Refusals = [503] };

    private static readonly ApiCall Create =
        new("POST", Keys, Scopes.Admin, "access", "Create a key; its text is shown only once.")
        {
            Audit = AuditActions.CreateKey, Body = typeof(KeySpec), Answer = typeof(CreatedKeyAnswer), Success = 201,
            Refusals = [409, 422, 503, 504],
        };

    private static readonly ApiCall Revoke =
        new("DELETE", Keys + "/{id}", Scopes.Admin, "access",
            "Revoke a key permanently; its sessions and open calls end within 5 s.")
        { Audit = AuditActions.RevokeKey, RefusesBody = true, Success = 204, Refusals = [404, 409, 503, 504] };

    private static readonly ApiCall ListSessions =
        new("GET", Sessions, Scopes.Admin, "access", "List the browser sessions of this gateway, oldest first.")
        { Answer = typeof(WholeList<BrowserSessionAnswer>), Refusals = [503] };

    private static readonly ApiCall EndSession =
        new("DELETE", Sessions + "/{id}", Scopes.Admin, "access",
            "End a browser session of this gateway; its open calls end within 5 s.")
        { RefusesBody = true, Success = 204, Refusals = [404] };

    /// <summary>Maps the calls.</summary>
    public static void MapKeys(this IEndpointRouteBuilder routes)
    {
        var keys = routes.ServiceProvider.GetRequiredService<KeyCalls>();
        var sessions = routes.ServiceProvider.GetRequiredService<SessionCalls>();
        routes.MapCall(List, keys.List);
        routes.MapCall(Create, keys.Create);
        routes.MapCall(Revoke, keys.Revoke);
        routes.MapCall(ListSessions, sessions.List);
        routes.MapCall(EndSession, sessions.End);
    }
}
