using OrleansTasks.Access;
using OrleansTasks.Client.Access;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Keys;

/// <summary>Makes, lists and revokes API keys.</summary>
/// <param name="grains">Where they are kept.</param>
/// <param name="ring">The keys that this gateway accepts.</param>
/// <param name="uses">When this gateway saw them.</param>
/// <param name="time">The clock.</param>
public sealed class KeyCalls(GatewayGrains grains, KeyRing ring, KeyUses uses, TimeProvider time)
{
    /// <summary>All keys that are not revoked, oldest first.</summary>
    internal async Task List(HttpContext context) => await ListAnswer.Send(
        context, (await grains.Keys.List()).Select(WithLastUse), static (json, key) => KeyJson.Write(json, key));

    /// <summary>
    /// Makes a key, and shows its text, this once. The text is made here, and only its hash leaves the gateway.
    /// </summary>
    internal async Task Create(HttpContext context)
    {
        var body = await RequestBody.ReadJson(context, RequestBody.Largest, time);
        var errors = new SpecErrors();
        var asked = KeySpecReader.Read(body, time.GetUtcNow().ToUnixTimeMilliseconds(), errors)
            ?? throw new ProblemException(Problems.Of(errors, "invalid-key"));
        var key = NewKey.Make(asked.Name, asked.Scopes, asked.ExpiresAt);
        // A repetition under the same id answers as the first call did.
        var (made, _) = await Writes.Twice(() => grains.Keys.Create(key.Record));
        if (made is null)
            throw new ProblemException(Problems.TooManyKeys());
        context.Response.StatusCode = StatusCodes.Status201Created;
        context.Response.Headers.CacheControl = "no-store";
        var json = JsonAnswer.Rent();
        KeyJson.Write(json.Writer, made, key.Text);
        await json.Send(context.Response);
    }

    /// <summary>Revokes a key. This gateway refuses it once this has answered; others follow within seconds.</summary>
    internal async Task Revoke(HttpContext context)
    {
        var id = context.Request.RouteValues["id"] as string ?? "";
        var (outcome, isRepeated) = await Writes.Twice(() => grains.Keys.Revoke(id));
        await ring.Reread();
        if (outcome == KeyOutcome.LastAdmin)
            throw new ProblemException(Problems.LastAdminKey());
        // The first of two calls may have revoked it.
        if (outcome == KeyOutcome.NotFound && !isRepeated)
        {
            throw new ProblemException(
                Problems.NotFound("There is no such key; /api/v1/keys lists those that there are."));
        }

        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private KeyRecord WithLastUse(KeyRecord key) => uses.Of(key.Id) is { } use && !(key.LastUsedAt >= use.At)
        ? key with { LastUsedAt = use.At, LastAddress = use.Address }
        : key;
}
