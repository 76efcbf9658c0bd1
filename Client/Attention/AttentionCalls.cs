using OrleansTasks.Access;
using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Http;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Attention;

/// <summary>The calls under <c>/attention</c>.</summary>
internal static class AttentionCalls
{
    private static readonly ApiCall List =
        new("GET", "/api/v1/attention", Scopes.Read, "operations",
            "List what needs attention and is not snoozed, most severe first.")
    { Answer = typeof(WholeList<AttentionAnswer>), Refusals = [503] };

    private static readonly ApiCall Hide =
        new("POST", "/api/v1/attention/snooze", Scopes.Operate, "operations",
            "Hide an item that needs attention for a time, or until it has resolved once.")
    { Body = typeof(Snooze), Success = 204, Refusals = [422] };

    /// <summary>Maps the calls.</summary>
    public static void MapAttention(this IEndpointRouteBuilder routes)
    {
        var watch = routes.ServiceProvider.GetRequiredService<AttentionWatch>();
        var time = routes.ServiceProvider.GetRequiredService<TimeProvider>();
        routes.MapCall(List, async context => await ContractJson.Send(
            context, new WholeList<AttentionAnswer>((await watch.Read(context.RequestAborted)).Select(AttentionAnswer.Of))));
        routes.MapCall(Hide, async context =>
        {
            var body = await RequestBody.ReadJson(context, RequestBody.Largest, time);
            var errors = new SpecErrors();
            var snooze = SnoozeReader.Read(body, errors) ?? throw new ProblemException(
                Problems.Of(errors, "invalid-snooze"));
            await watch.Hide(snooze, context.RequestAborted);
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        });
    }
}
