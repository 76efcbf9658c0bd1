using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace OrleansTasks.Workflows;

/// <summary>
/// Writes and reads the <c>secretEnv</c> objects of all nodes of a workflow that is stored before it starts: a JSON
/// object with one entry for each node that has secrets, keyed by the node's index.
/// </summary>
public static class NodeSecrets
{
    /// <summary>Returns the object as UTF-8; empty if no node has secrets.</summary>
    /// <param name="spec">The workflow.</param>
    /// <param name="document">The document from which the spec was read.</param>
    public static byte[] Write(WorkflowSpec spec, ReadOnlySpan<byte> document)
    {
        if (spec.Nodes.All(static node => node.Extent.SecretName == 0))
            return [];
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            for (var i = 0; i < spec.Nodes.Length; i++)
            {
                var extent = spec.Nodes[i].Extent;
                if (extent.SecretName == 0)
                    continue;
                json.WritePropertyName(i.ToString(CultureInfo.InvariantCulture));
                json.WriteRawValue(document[extent.SecretStart..extent.SecretEnd]);
            }

            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Returns the <c>secretEnv</c> objects by node index, as JSON in UTF-8.</summary>
    public static IReadOnlyDictionary<int, byte[]> Read(ReadOnlyMemory<byte> text)
    {
        var secrets = new Dictionary<int, byte[]>();
        if (text.IsEmpty)
            return secrets;
        using var document = JsonDocument.Parse(text);
        foreach (var entry in document.RootElement.EnumerateObject())
            secrets.Add(int.Parse(entry.Name, CultureInfo.InvariantCulture), JsonMarshal.GetRawUtf8Value(entry.Value).ToArray());
        return secrets;
    }
}
