using Fabrique.Records.V1;

namespace Fabrique.Portal.Common;

/// <summary>How versions are numbered for readers.</summary>
internal static class VersionNumbers
{
    extension(RecordInfo record)
    {
        /// <summary>That of the publication, where publications are counted: nobody else saw what was saved before.</summary>
        public long Number => record.Publication > 0 ? record.Publication : record.Version;
    }
}
