using System.Text.Json;
using OrleansTasks.Fuzz.Tests.Fuzzing;

namespace OrleansTasks.Fuzz.Tests.Http;

/// <summary>What each answer must be: nothing beyond the service's own description.</summary>
/// <param name="document">The description.</param>
internal sealed class AnswerRules(ApiDocument document)
{
    private const string ProblemType = "application/problem+json";

    /// <summary>All codes of the contract, by status.</summary>
    private static readonly Dictionary<int, string[]> Codes = new()
    {
        [400] = ["malformed-json", "bad-parameter", "bad-cursor", "bad-request"],
        [401] = ["unauthenticated", "bad-signature"],
        [403] = ["forbidden", "outside-role", "bad-host", "bad-origin", "proxy-without-keys"],
        [404] = ["not-found", "no-result", "no-artifacts"],
        [405] = ["method-not-allowed"],
        [406] = ["not-acceptable"],
        [408] = ["request-timeout", "bad-request"],
        [409] =
        [
            "task-finished", "not-retryable", "in-flight", "job-finished", "not-collected", "not-a-stream",
            "job-closed", "upload-unknown", "offset-ahead", "node-active", "version-conflict", "queue-not-empty",
            "queue-is-default", "too-many-webhooks", "too-many-keys", "too-many-definitions", "too-many-versions",
            "calendar-in-use", "definition-in-use", "too-many-triggers", "too-many-notifications",
            "too-many-calendars", "last-admin-key", "changed-meanwhile", "workflow-finished", "rollout-finished",
            "not-undoable", "not-unique",
        ],
        [410] = ["artifacts-expired", "trigger-paused"],
        [412] = ["already-exists"],
        [413] = ["body-too-large", "file-too-large"],
        [415] = ["unsupported-media-type"],
        [416] = ["range-not-satisfiable"],
        [422] =
        [
            "invalid-task", "invalid-job", "invalid-queue", "invalid-webhook", "invalid-schedule", "invalid-calendar",
            "invalid-workflow", "invalid-rollout", "invalid-definition", "invalid-trigger", "invalid-notification",
            "invalid-run", "invalid-token", "invalid-key", "invalid-item", "invalid-snooze", "invalid-file",
            "invalid-files", "invalid-archive", "wrong-hash", "too-many-occurrences", "too-many-to-sort",
            "idempotency-key-reuse",
        ],
        [429] = ["queue-full", "rate-limited", "too-many-queues"],
        [503] = ["store-unavailable", "not-ready"],
        [504] = ["outcome-unknown"],
        [507] = ["file-store-full"],
    };

    /// <summary>What the service refuses before it looks at the operation.</summary>
    private static readonly string[] AnywhereCodes = ["bad-request", "bad-host", "bad-origin", "proxy-without-keys", "request-timeout"];

    /// <summary>Whether the contract has a problem of this status and code.</summary>
    internal static bool IsKnown(int status, string code) =>
        code == "bad-request" || (Codes.TryGetValue(status, out var codes) && codes.Contains(code));

    /// <summary>Fails when an answer is not as described.</summary>
    /// <param name="shape">The first request.</param>
    /// <param name="answers">The answers, the first one to the first request.</param>
    public void Require(RequestShape shape, IReadOnlyList<RawAnswer> answers)
    {
        if (answers.Count == 0)
        {
            if (shape.IsClean)
                throw new FindingException(
                    $"The service closed without an answer to {shape.Method} {shape.Path}, which is proper HTTP.");
            return;
        }

        RequireDescribed(shape, answers[0]);
        foreach (var answer in answers.Skip(1))
            RequireProblem($"a later request of the connection of {shape.Method} {shape.Path}", answer,
                isHead: shape.HasLaterHead && answer.Body.Length == 0);
    }

    private void RequireDescribed(RequestShape shape, RawAnswer answer)
    {
        var code = RequireProblem($"{shape.Method} {shape.Path}", answer, shape.Method == "HEAD");
        // A request line of another form, and dots in a path, lead to another place than they name.
        if (shape.Path.Length == 0 || HasDots(shape.Path))
            return;
        if (document.Find(shape.Method, shape.Path) is not { } operation)
        {
            // The pages for people are no part of the document.
            if (answer.Status < 400 && !IsPage(shape.Path))
                throw new FindingException(
                    $"{shape.Method} {shape.Path} is no operation of the document and is answered {answer.Status}.");
            return;
        }

        if (code is not null && AnywhereCodes.Contains(code))
            return;
        if (!operation.Answers.TryGetValue(answer.Status, out var type))
            throw new FindingException(
                $"{answer.Status} {code} is not in the document of {operation.Method} {operation.Path}.");
        if (type.Length > 0 && shape.Method != "HEAD" && answer.MediaType != type)
            throw new FindingException(
                $"{answer.Status} {answer.MediaType} is not in the document of {operation.Method} {operation.Path}.");
        if (type == "application/json" && answer.IsWhole && shape.Method != "HEAD")
            RequireJson(operation, answer);
    }

    private static bool IsPage(string path)
    {
        // Routes ignore case.
        var plain = Uri.UnescapeDataString(path).TrimEnd('/').ToUpperInvariant();
        return plain is "" or "/UI" or "/PLAIN" || plain.StartsWith("/UI/", StringComparison.Ordinal);
    }

    private static bool HasDots(string path) =>
        Uri.UnescapeDataString(path).Split('/').Any(static segment => segment is "." or "..");

    private static void RequireJson(ApiOperation operation, RawAnswer answer)
    {
        try
        {
            using var json = JsonDocument.Parse(answer.Body);
        }
        catch (JsonException broken)
        {
            throw new FindingException(
                $"{answer.Status} with JSON that cannot be read is the answer to {operation.Path}: {broken.Message}");
        }
    }

    /// <summary>Checks a refusal's form; returns its code, null for what is no refusal.</summary>
    private static string? RequireProblem(string request, RawAnswer answer, bool isHead)
    {
        if (answer.Status == 500)
            throw new FindingException($"500 is the answer to {request}.");
        if (answer.Status < 400 || isHead)
            return null;
        if (answer.MediaType != ProblemType)
            throw new FindingException(
                $"{answer.Status} of type '{answer.MediaType}' instead of {ProblemType} is the answer to {request}.");
        if (!answer.IsWhole)
            return null;
        try
        {
            using var json = JsonDocument.Parse(answer.Body);
            return RequireMembers(request, answer.Status, json.RootElement);
        }
        catch (Exception broken) when (broken is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new FindingException(
                $"{answer.Status} with a problem that cannot be read is the answer to {request}: {broken.Message}");
        }
    }

    private static string RequireMembers(string request, int status, JsonElement problem)
    {
        var code = problem.GetProperty("code").GetString()!;
        // The instance of a request to * is empty.
        foreach (var member in new[] { "type", "title", "detail", "traceId" })
            if (problem.GetProperty(member).GetString() is not { Length: > 0 })
                throw new FindingException($"{status} with a problem without {member} is the answer to {request}.");
        if (!IsKnown(status, code) || problem.GetProperty("status").GetInt32() != status || problem.GetProperty("type")
            .GetString() != $"urn:orleanstasks:problem:{code}")
            throw new FindingException(
                $"{status} with a problem of no known type is the answer to {request}: {problem.GetRawText()}");
        return code;
    }
}
