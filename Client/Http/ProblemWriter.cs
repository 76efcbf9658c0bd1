using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace OrleansTasks.Client.Http;

/// <summary>Writes problems as <c>application/problem+json</c>.</summary>
public static class ProblemWriter
{
    private const string TypePrefix = "urn:orleanstasks:problem:";

    /// <summary>
    /// Answers with a problem. Headers that are already set stay, so <c>Allow</c> or <c>WWW-Authenticate</c> can be set
    /// first.
    /// </summary>
    public static Task WriteProblem(this HttpContext context, Problem problem)
    {
        var response = context.Response;
        response.StatusCode = problem.Status;
        response.Headers.CacheControl = "no-store";
        if (problem.RetryAfter is { } seconds)
            response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        var answer = JsonAnswer.Rent();
        Write(answer.Writer, problem, context.Request.Path.Value ?? "/", TraceOf(context));
        return answer.Send(response, "application/problem+json");
    }

    /// <summary>
    /// Returns a problem's body for a request that the server refused before it knew the path. The instance is
    /// <c>/</c>, and the trace id is a new one that no log has.
    /// </summary>
    internal static byte[] BodyOf(Problem problem)
    {
        var answer = JsonAnswer.Rent();
        Write(answer.Writer, problem, "/", ActivityTraceId.CreateRandom().ToHexString());
        return answer.ToArray();
    }

    /// <summary>Returns the trace id that the log and the answer give for the request: 32 hexadecimal digits.</summary>
    public static string TraceOf(HttpContext context)
    {
        const string Key = "orleanstasks.trace";
        if (Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity)
            return activity.TraceId.ToHexString();
        if (context.Items[Key] is string known)
            return known;
        var trace = ActivityContext.TryParse(context.Request.Headers.TraceParent, null, out var parent)
            ? parent.TraceId
            : ActivityTraceId.CreateRandom();
        context.Items[Key] = trace.ToHexString();
        return trace.ToHexString();
    }

    private static void Write(Utf8JsonWriter json, Problem problem, string instance, string trace)
    {
        json.WriteStartObject();
        json.WriteString("type", TypePrefix + problem.Code);
        json.WriteString("title", problem.Title);
        json.WriteNumber("status", problem.Status);
        json.WriteString("detail", problem.Detail);
        json.WriteString("instance", instance);
        json.WriteString("code", problem.Code);
        json.WriteString("traceId", trace);
        if (problem.Accepted is { } accepted)
            json.WriteNumber("accepted", accepted);
        if (problem.Task is { } task)
            json.WriteString("task", task.ToString());
        if (problem.Errors is { } errors)
        {
            json.WriteStartObject("errors");
            foreach (var path in errors.GroupBy(error => error.Path, error => error.Message, StringComparer.Ordinal))
            {
                json.WriteStartArray(path.Key);
                foreach (var message in path)
                    json.WriteStringValue(message);
                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}
