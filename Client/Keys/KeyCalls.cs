using OrleansTasks.Access;
using OrleansTasks.Client.Access;
using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Keys;

/// <summary>Creates, lists and revokes API keys.</summary>
/// <param name="grains">Stores the keys.</param>
/// <param name="ring">The keys that this gateway accepts.</param>
/// <param name="uses">When this gateway last saw each key.</param>
/// <param name="time">The clock.</param>
public sealed class KeyCalls(GatewayGrains grains, KeyRing ring, KeyUses uses, TimeProvider time)
{
    /// <summary>Lists all keys that are not revoked, oldest first.</summary>
    internal async Task List(HttpContext context) => await ContractJson.Send(
        context, new WholeList<KeyAnswer>((await grains.Keys.List()).Select(WithLastUse).Select(KeyAnswer.Of)));

    /// <summary>
    /// Creates a key. Its text is shown in this answer only. It is generated here, and only its hash leaves the
    /// gateway.
    /// </summary>
    internal async Task Create(HttpContext context)
    {
        var body = await RequestBody.ReadJson(context, RequestBody.Largest, time);
        var errors = new SpecErrors();
        var asked = KeySpecReader.Read(body, time.GetUtcNow().ToUnixTimeMilliseconds(), errors)
            ?? throw new ProblemException(Problems.Of(errors, "invalid-key"));
        var key = NewKey.Make(asked.Name, asked.Scopes, asked.ExpiresAt?.UnixMilliseconds, asked.Definitions ?? []);
        // A repeated call with the same id returns the first call's result.
        var (made, _) = await grains.Writes.Repeatedly(() => grains.Keys.Create(key.Record));
        if (made is null)
            throw new ProblemException(Problems.TooManyKeys());
        context.Response.StatusCode = StatusCodes.Status201Created;
        context.Response.Headers.CacheControl = "no-store";
        await ContractJson.Send(context, CreatedKeyAnswer.Of(made, key.Text));
    }

    /// <summary>Revokes a key. This gateway refuses it from this answer on; others follow within seconds.</summary>
    internal async Task Revoke(HttpContext context)
    {
        var id = context.Request.RouteValues["id"] as string ?? "";
        var (outcome, isRepeated) = await grains.Writes.Repeatedly(() => grains.Keys.Revoke(id));
        await ring.Reread();
        if (outcome == KeyOutcome.LastAdmin)
            throw new ProblemException(Problems.LastAdminKey());
        // If the call was repeated, the first one may have revoked the key.
        if (outcome == KeyOutcome.NotFound && !isRepeated)
        {
            throw new ProblemException(
                Problems.NotFound("No key has this id; /api/v1/keys lists all keys."));
        }

        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private KeyRecord WithLastUse(KeyRecord key) => uses.Of(key.Id) is { } use && !(key.LastUsedAt >= use.At)
        ? key with { LastUsedAt = use.At, LastAddress = use.Address }
        : key;
}
