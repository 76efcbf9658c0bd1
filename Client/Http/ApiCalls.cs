using OrleansTasks.Client.Access;
using OrleansTasks.Client.Audit;

namespace OrleansTasks.Client.Http;

/// <summary>Maps calls of the HTTP contract to endpoints.</summary>
public static class ApiCalls
{
    private static readonly string[] Reading = ["GET", "HEAD"];

    /// <summary>
    /// Maps a call. Its handler runs only if the caller accepts the call's media type, a call without query parameters
    /// got none, and a call that refuses bodies got no wrong one.
    /// </summary>
    public static IEndpointConventionBuilder MapCall(this IEndpointRouteBuilder routes, ApiCall call,
        RequestDelegate handler)
    {
        var answers = routes.ServiceProvider.GetRequiredService<AnswerBudget>();
        RequestDelegate guarded = context =>
        {
            if (!AcceptHeader.Allows(context.Request.Headers.Accept, call.Produces))
                return context.WriteProblem(Problems.NotAcceptable(call.Produces));
            if (call.Query.Length == 0 && context.Request.QueryString.HasValue)
                QueryValues.Read(context.Request.QueryString, []);
            if (call.RefusesBody)
                RequestBody.RefuseOther(context);
            return Methods.IsRead(call.Method)
                ? ReadRepeats.Run(context, handler)
                : RequestOrigin.Run(context, call, handler);
        };
        if (IsAboutOne(call) || (call.RefusesBody && call.Answer is not null))
            guarded = answers.Before(call, guarded);
        return routes.MapMethods(call.Route ?? call.Path, call.Method == "GET" ? Reading : [call.Method], guarded)
            .WithMetadata(call)
            .WithDisplayName($"{call.Method} {call.Path}");
    }

    // Calls that can wait are not among these, because they must not keep room while they wait.
    private static bool IsAboutOne(ApiCall call) =>
        call is { Method: "GET", Produces: "application/json" } && call.Path.Contains('{', StringComparison.Ordinal)
        && !Array.Exists(call.Query, static parameter => parameter.Name == "wait");

    /// <summary>Reads the query of a request with the parameters that the call takes.</summary>
    public static QueryValues ReadQuery(this HttpContext context, ApiCall call) =>
        QueryValues.Read(context.Request.QueryString, call.Query);
}
