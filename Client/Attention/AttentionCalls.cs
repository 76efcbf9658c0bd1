using System.Text.Json;
using OrleansTasks.Access;
using OrleansTasks.Client.Audit;
using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Attention;

/// <summary>The calls under <c>/attention</c>.</summary>
internal static class AttentionCalls
{
    private static readonly JsonEncodedText Since = JsonEncodedText.Encode("since");

    private static readonly ApiCall List =
        new("GET", "/api/v1/attention", Scopes.Read, "operations",
            "List what needs attention and is not snoozed, most severe first.")
    { Answer = "AttentionList", Refusals = [503] };

    private static readonly ApiCall Hide =
        new("POST", "/api/v1/attention/snooze", Scopes.Operate, "operations",
            "Hide an item that needs attention for a time, or until it has resolved once.")
    { Body = "Snooze", Success = 204, Refusals = [422] };

    /// <summary>Maps the calls.</summary>
    public static void MapAttention(this IEndpointRouteBuilder routes)
    {
        var watch = routes.ServiceProvider.GetRequiredService<AttentionWatch>();
        var time = routes.ServiceProvider.GetRequiredService<TimeProvider>();
        routes.MapCall(List, async context =>
            await ListAnswer.Send(context, await watch.Read(context.RequestAborted), Write));
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

    /// <summary>Writes an item as the HTTP contract shows it.</summary>
    public static void Write(Utf8JsonWriter json, AttentionItem item)
    {
        json.WriteStartObject();
        json.WriteString("code"u8, item.Code);
        json.WriteString("severity"u8, item.IsSevere ? "severe" : "warning");
        TaskJson.WriteTime(json, Since, item.Since);
        json.WriteNumber("count"u8, item.Count);
        if (item.Usual is { } usual)
            json.WriteNumber("usual"u8, usual);
        else
            json.WriteNull("usual"u8);
        json.WriteString("target"u8, item.Target);
        json.WriteString("title"u8, item.Title);
        json.WriteStartArray("before"u8);
        foreach (var change in item.Before)
        {
            // Readers of attention items need not be administrators, who alone may see addresses.
            ContractJson.Write(json, AuditRecordAnswer.WithoutAddress(change));
        }

        json.WriteEndArray();
        json.WriteStartArray("fix"u8);
        foreach (var fix in item.Fixes)
        {
            json.WriteStartObject();
            json.WriteString("label"u8, fix.Label);
            json.WriteString("method"u8, fix.Method);
            json.WriteString("path"u8, fix.Path);
            json.WriteString("scope"u8, fix.Scope);
            json.WritePropertyName("body"u8);
            json.WriteRawValue(fix.Body ?? "null");
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
